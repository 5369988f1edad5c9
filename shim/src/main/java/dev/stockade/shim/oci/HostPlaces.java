package dev.stockade.shim.oci;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Places of a host that give whoever reaches them more than files. */
final class HostPlaces {
  private record Place(Path path, String what) {}

  private static final List<Place> PLACES =
      List.of(
          place("/etc", "the host's configuration and passwords"),
          place("/root", "the files of the host's root"),
          place("/boot", "what the host boots"),
          place("/dev", "the host's devices"),
          place("/proc", "the host's processes and kernel parameters"),
          place("/sys", "the host's kernel objects"),
          place("/usr", "the host's programs"),
          place("/lib", "the host's libraries"),
          place("/bin", "the host's programs"),
          place("/sbin", "the host's programs"),
          place("/var/lib/kubelet", "the volumes and secrets of all pods"),
          place("/var/lib/stockade", "images and containers of this runtime"),
          place("/var/log", "the logs of all pods, through which links can lead"),
          place("/run", "the host's sockets, those of runtimes among them"),
          place("/var/run", "the host's sockets, those of runtimes among them"));

  private HostPlaces() {}

  private static Place place(String path, String what) {
    return new Place(Path.of(path), what);
  }

  /** What a host path gives access to beyond itself. */
  static Optional<String> of(String hostPath) {
    Path path = Path.of(hostPath).normalize();
    if (path.getNameCount() == 0) {
      return Optional.of("the whole host");
    }
    return PLACES.stream()
        .filter(place -> path.startsWith(place.path()) || place.path().startsWith(path))
        .findFirst()
        .map(Place::what);
  }
}
