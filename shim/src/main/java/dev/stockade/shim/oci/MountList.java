package dev.stockade.shim.oci;

import dev.stockade.launcher.spec.OciIdMapping;
import dev.stockade.launcher.spec.OciMount;
import dev.stockade.shim.intent.IdMap;
import dev.stockade.shim.intent.MountIntent;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** All mounts of a container in the order they are made. */
final class MountList {
  private static final Set<String> COVERING = Set.of("/dev", "/sys");

  private MountList() {}

  /**
   * The defaults and, over them, what was asked for: a request's mount replaces a default at the
   * same place, and one at /dev or /sys also those below it; then shallower paths come first, so
   * that nothing is covered by a later mount above it.
   */
  static List<OciMount> of(List<OciMount> defaults, List<MountIntent> asked) {
    Set<String> targets = asked.stream().map(MountIntent::target).collect(Collectors.toSet());
    List<OciMount> mounts = new ArrayList<>();
    for (OciMount mount : defaults) {
      if (!covered(mount.destination(), targets)) {
        mounts.add(mount);
      }
    }
    asked.forEach(mount -> mounts.add(bind(mount)));
    mounts.sort(Comparator.comparingInt(mount -> depth(mount.destination())));
    return List.copyOf(mounts);
  }

  private static boolean covered(String target, Set<String> asked) {
    return asked.contains(target)
        || COVERING.stream().anyMatch(c -> asked.contains(c) && target.startsWith(c + "/"));
  }

  private static int depth(String path) {
    return (int) path.chars().filter(c -> c == '/').count();
  }

  private static OciMount bind(MountIntent mount) {
    String access = mount.recursiveReadOnly() ? "rro" : mount.readOnly() ? "ro" : "rw";
    return new OciMount(
        mount.target(),
        "bind",
        mount.source(),
        List.of("rbind", propagation(mount.propagation()), access),
        idMaps(mount.uidMaps()),
        idMaps(mount.gidMaps()));
  }

  private static String propagation(MountIntent.Propagation propagation) {
    return switch (propagation) {
      case PRIVATE -> "rprivate";
      case HOST_TO_CONTAINER -> "rslave";
      case BIDIRECTIONAL -> "rshared";
    };
  }

  static List<OciIdMapping> idMaps(List<IdMap> maps) {
    return maps.stream()
        .map(map -> new OciIdMapping(map.containerId(), map.hostId(), map.length()))
        .toList();
  }
}
