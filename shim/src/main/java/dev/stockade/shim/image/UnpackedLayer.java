package dev.stockade.shim.image;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * One layer as it stands on this node.
 *
 * @param chainId names the layer together with all layers below it. Source: OCI image-spec,
 *     config.md, "Layer ChainID"
 * @param bytes content of its regular files, in bytes
 * @param inodes files, directories, links and devices made for it
 * @param skeletonBytes what its {@link LayerSkeleton} takes; 0 if it has none
 * @param hidesBelow whether the layer makes its root opaque, so that no layer below it shows
 */
public record UnpackedLayer(
    Digest chainId, long bytes, long inodes, long skeletonBytes, boolean hidesBelow) {
  private static final String SKELETON_BYTES = "skeletonBytes";

  /** All that is kept of it, in bytes. */
  long keptBytes() {
    return bytes + skeletonBytes;
  }

  UnpackedLayer withSkeleton(long size) {
    return new UnpackedLayer(chainId, bytes, inodes, size, hidesBelow);
  }

  byte[] toJson() {
    ObjectNode node = JsonDocument.MAPPER.createObjectNode();
    node.put("version", 1);
    node.put("chainId", chainId.toString());
    node.put("bytes", bytes);
    node.put("inodes", inodes);
    node.put(SKELETON_BYTES, skeletonBytes);
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
        facts.node().path(SKELETON_BYTES).asLong(0),
        facts.node().path("hidesBelow").asBoolean());
  }

  /** The chain id of a layer put on top of {@code below}. */
  static Digest chain(Digest below, Digest diffId) {
    byte[] both = (below + " " + diffId).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    return Digest.of(Digest.Algorithm.SHA256, both);
  }
}
