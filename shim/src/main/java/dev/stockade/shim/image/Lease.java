package dev.stockade.shim.image;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * What keeps the layers of a container on this node while it exists, even when its image is
 * removed.
 *
 * @param chainIds of the image it was made from, lowest first
 * @param volumes chain ids of the images that are mounted into it
 */
record Lease(
    String containerId, Digest image, List<Digest> chainIds, Map<Digest, List<Digest>> volumes) {
  private static final Pattern ID = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}");
  private static final int MOST_LAYERS = 500;
  private static final int MOST_VOLUMES = 1000;

  static String checkId(String containerId) throws ImageException {
    if (!ID.matcher(containerId).matches()) {
      throw ImageException.malformed(
          "container id " + Quoted.of(containerId) + " is not 1 to 128 of letters, digits, _ . -");
    }
    return containerId;
  }

  /** Whether it keeps layers of the image. */
  boolean isOf(Digest other) {
    return image.equals(other) || volumes.containsKey(other);
  }

  /** All layers it keeps. */
  Set<Digest> kept() {
    Set<Digest> kept = new HashSet<>(chainIds);
    volumes.values().forEach(kept::addAll);
    return kept;
  }

  byte[] toJson() {
    ObjectNode node = JsonDocument.MAPPER.createObjectNode();
    node.put("version", 1);
    node.put("image", image.toString());
    ArrayNode chains = node.putArray("chainIds");
    chainIds.forEach(chain -> chains.add(chain.toString()));
    ArrayNode mounted = node.putArray("volumes");
    for (Map.Entry<Digest, List<Digest>> volume : volumes.entrySet()) {
      ObjectNode entry = mounted.addObject().put("image", volume.getKey().toString());
      ArrayNode layers = entry.putArray("chainIds");
      volume.getValue().forEach(chain -> layers.add(chain.toString()));
    }
    return JsonDocument.bytes(node);
  }

  static Lease read(String containerId, byte[] content) throws ImageException {
    JsonDocument lease = JsonDocument.parse("lease of " + checkId(containerId), content);
    if (lease.number("version") != 1) {
      throw lease.wrong("version", "is not 1, written by another release");
    }
    Map<Digest, List<Digest>> volumes = new TreeMap<>();
    for (JsonDocument volume : lease.objects("volumes", MOST_VOLUMES)) {
      volumes.put(volume.digest("image"), volume.digests("chainIds", MOST_LAYERS));
    }
    return new Lease(
        containerId, lease.digest("image"), lease.digests("chainIds", MOST_LAYERS), volumes);
  }
}
