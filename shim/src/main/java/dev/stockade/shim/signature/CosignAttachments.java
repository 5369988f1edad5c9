package dev.stockade.shim.signature;

import dev.stockade.shim.image.Digest;
import dev.stockade.shim.image.ImageException;
import dev.stockade.shim.image.ImageSignature;
import dev.stockade.shim.image.JsonDocument;
import dev.stockade.shim.image.RemoteImage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Signatures as sigstore attaches them to images: a manifest in the image's repository, with the
 * tag {@code sha256-HEX.sig}, each layer of which is what a signature is over. Source: cosign,
 * specs/SIGNATURE_SPEC.md.
 */
final class CosignAttachments {
  private static final String MANIFEST = "application/vnd.oci.image.manifest.v1+json";
  private static final String PAYLOAD = "application/vnd.dev.cosign.simplesigning.v1+json";
  private static final String SIGNATURE = "dev.cosignproject.cosign/signature";
  private static final int LARGEST_MANIFEST = 1 << 20;
  private static final int MOST_LAYERS = 64;
  private static final int MOST_ANNOTATIONS = 64;
  private static final int LARGEST_PAYLOAD = 8 << 10;
  private static final int LONGEST_SIGNATURE = 4 << 10;

  private CosignAttachments() {}

  /** All there are of a manifest; other attachments are passed over. */
  static List<ImageSignature> read(RemoteImage remote, Digest manifest)
      throws ImageException, InterruptedException {
    if (manifest.algorithm() != Digest.Algorithm.SHA256) {
      return List.of();
    }
    String tag = "sha256-" + manifest.hex() + ".sig";
    try {
      Optional<RemoteImage.Document> found =
          remote.tagged(tag, List.of(MANIFEST), LARGEST_MANIFEST);
      return found.isPresent() ? signatures(remote, manifest, found.get()) : List.of();
    } catch (IOException e) {
      throw ImageException.transfer("the signatures of " + manifest, e);
    } catch (ImageException e) {
      throw ImageException.untrusted(
          "tag " + tag + ": " + e.getMessage() + "; delete the tag and sign the image again");
    }
  }

  private static List<ImageSignature> signatures(
      RemoteImage remote, Digest signed, RemoteImage.Document found)
      throws ImageException, IOException, InterruptedException {
    JsonDocument manifest = JsonDocument.parse("its manifest", found.content());
    boolean told = manifest.optionalString("mediaType").orElse(MANIFEST).equals(MANIFEST);
    if (!told || !found.mediaType().equals(MANIFEST) || manifest.number("schemaVersion") != 2) {
      throw manifest.wrong("mediaType", "is not " + MANIFEST);
    }
    List<ImageSignature> signatures = new ArrayList<>();
    for (JsonDocument layer : manifest.objects("layers", MOST_LAYERS)) {
      Map<String, String> annotations = layer.stringMap("annotations", MOST_ANNOTATIONS);
      String signature = annotations.getOrDefault(SIGNATURE, "");
      if (!layer.string("mediaType").equals(PAYLOAD) || signature.isEmpty()) {
        continue;
      }
      if (layer.number("size") > LARGEST_PAYLOAD || signature.length() > LONGEST_SIGNATURE) {
        throw layer.wrong(
            "size",
            "is more than a signature may have: "
                + LARGEST_PAYLOAD
                + " bytes, and "
                + LONGEST_SIGNATURE
                + " characters of the signature itself");
      }
      byte[] payload = remote.document(layer.digest("digest"), LARGEST_PAYLOAD);
      signatures.add(
          new ImageSignature(signed, Base64.getEncoder().encodeToString(payload), signature));
    }
    return signatures;
  }
}
