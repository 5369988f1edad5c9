package dev.stockade.shim.oci;

import dev.stockade.launcher.spec.OciIdMapping;
import dev.stockade.launcher.spec.OciMount;
import dev.stockade.shim.intent.IdMap;
import dev.stockade.shim.intent.ImageVolumeIntent;
import dev.stockade.shim.intent.MountIntent;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** All mounts of a container in the order they are made. */
final class MountList {
  private static final Set<String> COVERING = Set.of("/dev", "/sys");

  private static final String IMAGE = "overlay";
  private static final List<String> IMAGE_OPTIONS =
      List.of("ro", "nosuid", "nodev", "noexec", "rprivate");

  private MountList() {}

  /**
   * The defaults and, over them, what was asked for: a request's mount replaces a default at the
   * same place, and one at /dev or /sys also those below it; then shallower paths come first, so
   * that nothing is covered by a later mount above it.
   */
  static List<OciMount> of(
      List<OciMount> defaults, List<MountIntent> asked, Map<String, ImageLayers> images) {
    Set<String> targets = asked.stream().map(MountIntent::target).collect(Collectors.toSet());
    List<OciMount> mounts = new ArrayList<>();
    for (OciMount mount : defaults) {
      if (!covered(mount.destination(), targets)) {
        mounts.add(mount);
      }
    }
    for (MountIntent mount : asked) {
      mounts.add(mount.image().isPresent() ? image(mount, images) : bind(mount));
    }
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
    List<String> options = new ArrayList<>();
    options.add(mount.recursive() ? "rbind" : "bind");
    options.add(propagation(mount.propagation()));
    options.add(access);
    options.addAll(mount.restrictions());
    return new OciMount(
        mount.target(),
        "bind",
        mount.source(),
        options,
        idMaps(mount.uidMaps()),
        idMaps(mount.gidMaps()));
  }

  /** Read-only and without programs, as Kubernetes promises of image volumes (KEP-4639). */
  private static OciMount image(MountIntent mount, Map<String, ImageLayers> images) {
    ImageLayers image = images.get(mount.target());
    if (image == null) {
      throw new IllegalArgumentException("no image was found for " + mount.target());
    }
    String subPath = mount.image().map(ImageVolumeIntent::subPath).orElse("");
    List<String> options = new ArrayList<>(IMAGE_OPTIONS);
    image.layers().forEach(layer -> options.add("lowerdir+=" + layer));
    if (!subPath.isEmpty()) {
      options.add("subpath=" + subPath);
    }
    return new OciMount(
        mount.target(),
        IMAGE,
        subPath.isEmpty() ? image.image().toString() : image.image() + "/" + subPath,
        options,
        idMaps(mount.uidMaps()),
        idMaps(mount.gidMaps()));
  }

  /** The image of a mount of a container's spec; empty if it is of no image. */
  static Optional<String> imageOf(OciMount mount) {
    return mount.type().equals(IMAGE)
        ? Optional.of(mount.source().replaceFirst("/.*", ""))
        : Optional.empty();
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
