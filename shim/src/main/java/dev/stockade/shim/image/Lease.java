package dev.stockade.shim.image;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What keeps the layers of a container on this node while it exists, even when its image is
 * removed.
 *
 * @param chainIds lowest first
 */
record Lease(String containerId, Digest image, List<Digest> chainIds) {
  private static final Pattern ID = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}");
  private static final int MOST_LAYERS = 500;

  static String checkId(String containerId) throws ImageException {
    if (!ID.matcher(containerId).matches()) {
      throw ImageException.malformed(
          "container id " + Quoted.of(containerId) + " is not 1 to 128 of letters, digits, _ . -");
    }
    return containerId;
  }

  byte[] toJson() {
    ObjectNode node = JsonDocument.MAPPER.createObjectNode();
    node.put("version", 1);
    node.put("image", image.toString());
    ArrayNode chains = node.putArray("chainIds");
    chainIds.forEach(chain -> chains.add(chain.toString()));
    return JsonDocument.bytes(node);
  }

  static Lease read(String containerId, byte[] content) throws ImageException {
    JsonDocument lease = JsonDocument.parse("lease of " + checkId(containerId), content);
    if (lease.number("version") != 1) {
      throw lease.wrong("version", "is not 1, written by another release");
    }
    return new Lease(containerId, lease.digest("image"), lease.digests("chainIds", MOST_LAYERS));
  }
}
