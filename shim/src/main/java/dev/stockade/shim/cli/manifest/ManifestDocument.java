package dev.stockade.shim.cli.manifest;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.shim.document.DocumentException;
import dev.stockade.shim.document.TextDocument;
import java.util.List;

/** Reading of the one document a manifest holds, YAML or JSON, into a tree. */
final class ManifestDocument {
  static final int MAX_BYTES = TextDocument.MAX_BYTES;

  private ManifestDocument() {}

  static JsonNode parse(byte[] content) throws ManifestRejection {
    try {
      return TextDocument.parse(content);
    } catch (DocumentException e) {
      throw new ManifestRejection(List.of("manifest: " + e.reason()));
    }
  }
}
