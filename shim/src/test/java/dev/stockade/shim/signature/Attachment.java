package dev.stockade.shim.signature;

import dev.stockade.shim.image.Digest;
import dev.stockade.shim.image.LayoutBuilder;
import java.util.ArrayList;
import java.util.List;

/** What cosign puts into a registry beside an image: a manifest and the blobs it names. */
public final class Attachment {
  private static final String PAYLOAD = "application/vnd.dev.cosign.simplesigning.v1+json";

  private final LayoutBuilder blobs = new LayoutBuilder();
  private final List<String> layers = new ArrayList<>();
  private final String config = blobs.blob("application/vnd.oci.image.config.v1+json", bytes(), "");

  private static byte[] bytes() {
    return LayoutBuilder.utf8("{}");
  }

  /** The tag that signatures of a manifest have. */
  public static String tag(Digest manifest) {
    return "sha256-" + manifest.hex() + ".sig";
  }

  /** Of a manifest, under a name. */
  public static Attachment of(Signer signer, Digest manifest, String name) throws Exception {
    return new Attachment().signed(signer, Signer.payload(manifest, name));
  }

  public Attachment signed(Signer signer, byte[] payload) throws Exception {
    return layer(PAYLOAD, payload, signer.base64(payload));
  }

  public Attachment layer(byte[] payload, String signature) {
    return layer(PAYLOAD, payload, signature);
  }

  public Attachment layer(String mediaType, byte[] payload, String signature) {
    layers.add(
        blobs.blob(
            mediaType,
            payload,
            ",'annotations':{'dev.cosignproject.cosign/signature':'" + signature + "'}"));
    return this;
  }

  public LayoutBuilder blobs() {
    return blobs;
  }

  public byte[] manifest() {
    return LayoutBuilder.utf8(
        "{'schemaVersion':2,'mediaType':'"
            + LayoutBuilder.MANIFEST
            + "','config':"
            + config
            + ",'layers':["
            + String.join(",", layers)
            + "]}");
  }
}
