package dev.stockade.shim.signature;

import dev.stockade.shim.image.Digest;
import dev.stockade.shim.image.ImageException;
import dev.stockade.shim.image.JsonDocument;

/**
 * What a sigstore signature of an image is over. Source: containers/image,
 * docs/containers-signature.5.md, with cosign's type.
 *
 * @param manifest that was signed
 * @param name it was signed as
 */
record Payload(Digest manifest, SignedName name) {
  private static final String TYPE = "cosign container image signature";

  /** Reads it strictly: what is not known may be meant to limit what the signature is good for. */
  static Payload parse(byte[] content) throws ImageException {
    JsonDocument whole = JsonDocument.parse("payload", content).only("critical", "optional");
    JsonDocument critical = whole.object("critical").only("type", "image", "identity");
    if (!critical.string("type").equals(TYPE)) {
      throw critical.wrong("type", "is not \"" + TYPE + "\"");
    }
    if (!whole.node().path("optional").isNull()) {
      JsonDocument unused = whole.object("optional");
    }
    return new Payload(
        critical.object("image").only("docker-manifest-digest").digest("docker-manifest-digest"),
        SignedName.parse(
            critical.object("identity").only("docker-reference").string("docker-reference")));
  }
}
