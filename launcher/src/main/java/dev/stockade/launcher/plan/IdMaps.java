package dev.stockade.launcher.plan;

import dev.stockade.launcher.spec.OciIdMapping;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/**
 * The id maps of a user namespace or an idmapped mount, user_namespaces(7).
 *
 * @param uids container ids to host ids
 * @param gids likewise
 */
public record IdMaps(List<OciIdMapping> uids, List<OciIdMapping> gids) {
  public IdMaps {
    uids = List.copyOf(uids);
    gids = List.copyOf(gids);
  }

  /** The host's uid, or empty if the container's is not mapped. */
  public OptionalLong hostUid(long uid) {
    return map(uids, uid);
  }

  /** The host's gid, or empty if the container's is not mapped. */
  public OptionalLong hostGid(long gid) {
    return map(gids, gid);
  }

  /** The lines of uid_map, as they are written and read back. */
  String uidText() {
    return text(uids);
  }

  /** The lines of gid_map. */
  String gidText() {
    return text(gids);
  }

  private static String text(List<OciIdMapping> ranges) {
    return ranges.stream()
        .map(r -> r.containerID() + " " + r.hostID() + " " + r.size() + "\n")
        .collect(Collectors.joining());
  }

  private static OptionalLong map(List<OciIdMapping> ranges, long id) {
    for (OciIdMapping range : ranges) {
      if (id >= range.containerID() && id - range.containerID() < range.size()) {
        return OptionalLong.of(range.hostID() + (id - range.containerID()));
      }
    }
    return OptionalLong.empty();
  }
}
