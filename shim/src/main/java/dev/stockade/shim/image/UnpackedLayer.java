package dev.stockade.shim.image;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * One layer as it stands on this node.
 *
 * @param chainId names the layer together with all layers below it. Source: OCI image-spec,
 *     config.md, "Layer ChainID"
 * @param bytes content of its regular files, in bytes
 * @param inodes files, directories, links and devices made for it
 * @param hidesBelow whether the layer makes its root opaque, so that no layer below it shows
 */
public record UnpackedLayer(Digest chainId, long bytes, long inodes, boolean hidesBelow) {

  byte[] toJson() {
    ObjectNode node = JsonDocument.MAPPER.createObjectNode();
    node.put("version", 1);
    node.put("chainId", chainId.toString());
    node.put("bytes", bytes);
    node.put("inodes", inodes);
    node.put("hidesBelow", hidesBelow);
    return JsonDocument.bytes(node);
  }

  static UnpackedLayer read(String what, byte[] content) throws ImageException {
    JsonDocument facts = JsonDocument.parse(what, content);
    if (facts.number("version") != 1) {
      throw facts.wrong("version", "is not 1, written by another release");
    }
    return new UnpackedLayer(
        facts.digest("chainId"),
        facts.number("bytes"),
        facts.number("inodes"),
        facts.node().path("hidesBelow").asBoolean());
  }

  /** The chain id of a layer put on top of {@code below}. */
  static Digest chain(Digest below, Digest diffId) {
    byte[] both = (below + " " + diffId).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    return Digest.of(Digest.Algorithm.SHA256, both);
  }
}
