package dev.stockade.shim.signature;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.shim.image.ImageException;
import dev.stockade.shim.image.Quoted;
import dev.stockade.shim.signature.VerificationKey.UnsoundKey;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** Reads the keys of a requirement, from the policy itself and from the files it names. */
final class KeyReader {
  private static final int MOST_KEYS = 32;
  private static final int LARGEST = 64 << 10;

  private final PolicyFields fields;

  KeyReader(PolicyFields fields) {
    this.fields = fields;
  }

  List<VerificationKey> read(String at, JsonNode node) {
    List<VerificationKey> keys = new ArrayList<>();
    if (node.has("keyPath")) {
      file(at + ".keyPath", fields.text(at + ".keyPath", node.get("keyPath")), keys);
    }
    if (node.has("keyPaths")) {
      fields
          .texts(at + ".keyPaths", node.get("keyPaths"), MOST_KEYS)
          .forEach(path -> file(at + ".keyPaths", path, keys));
    }
    if (node.has("keyData")) {
      data(at + ".keyData", fields.text(at + ".keyData", node.get("keyData")), keys);
    }
    if (node.has("keyDatas")) {
      fields
          .texts(at + ".keyDatas", node.get("keyDatas"), MOST_KEYS)
          .forEach(data -> data(at + ".keyDatas", data, keys));
    }
    return List.copyOf(keys);
  }

  private void file(String at, String name, List<VerificationKey> keys) {
    if (name.isEmpty()) {
      return;
    }
    try {
      Path path = Path.of(name);
      if (!path.isAbsolute()) {
        fields.problem(at, "is not an absolute path: " + Quoted.of(name));
        return;
      }
      byte[] pem =
          TrustedFile.read(path, LARGEST)
              .orElseThrow(() -> ImageException.untrusted(name + " does not exist"));
      add(at + " (" + name + ")", pem, keys);
    } catch (InvalidPathException e) {
      fields.problem(at, "is no path");
    } catch (ImageException e) {
      fields.problem(at + ":", String.valueOf(e.getMessage()));
    }
  }

  private void data(String at, String base64, List<VerificationKey> keys) {
    if (base64.isEmpty()) {
      return;
    }
    try {
      add(at, Base64.getDecoder().decode(base64), keys);
    } catch (IllegalArgumentException e) {
      fields.problem(at, "is not base64");
    }
  }

  private void add(String at, byte[] pem, List<VerificationKey> keys) {
    try {
      keys.add(VerificationKey.parse(new String(pem, StandardCharsets.ISO_8859_1)));
    } catch (UnsoundKey e) {
      fields.problem(at, String.valueOf(e.getMessage()));
    }
  }
}
