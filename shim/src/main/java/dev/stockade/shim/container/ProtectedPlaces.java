package dev.stockade.shim.container;

import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.FileStatus;
import dev.stockade.launcher.linux.HostPath;
import dev.stockade.launcher.linux.MountInfo;
import dev.stockade.launcher.linux.SyscallException;
import dev.stockade.shim.node.NodePaths;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What of the node must keep its labels, because services of the node are confined by them: found
 * by path, wherever mounts show it again, and by inode.
 *
 * @param trees with everything beneath them, by where they show
 * @param tops themselves, by where they show; what lies beneath may be a volume
 * @param homes by where they show; the next level is a person's whole home
 * @param inodes those that can be looked at
 */
record ProtectedPlaces(
    Map<Path, Path> trees, Map<Path, Path> tops, Set<Path> homes, Map<Inode, Path> inodes) {
  private static final List<String> TREES =
      List.of(
          "/etc", "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/boot", "/efi",
          "/proc", "/sys", "/dev");
  private static final List<String> TOPS =
      List.of(
          "/",
          "/home",
          "/root",
          "/var",
          "/var/cache",
          "/var/lib",
          "/var/lib/kubelet",
          "/var/log",
          "/var/run",
          "/var/spool",
          "/var/tmp",
          "/run",
          "/opt",
          "/srv",
          "/tmp",
          "/mnt",
          "/media");
  private static final Path HOME = Path.of("/home");

  /** An inode of the node. */
  record Inode(int major, int minor, long number) {
    static Inode of(FileStatus status) {
      return new Inode(status.deviceMajor(), status.deviceMinor(), status.inode());
    }
  }

  /** Where they show now. */
  static ProtectedPlaces now(NodePaths own) throws IOException {
    List<MountInfo> mounts = MountInfo.self();
    ProtectedPlaces places =
        new ProtectedPlaces(new HashMap<>(), new HashMap<>(), new HashSet<>(), new HashMap<>());
    for (String tree : TREES) {
      places.add(Path.of(tree), places.trees, mounts, true);
    }
    places.add(own.state(), places.trees, mounts, true);
    places.add(own.run(), places.trees, mounts, true);
    for (String top : TOPS) {
      places.add(Path.of(top), places.tops, mounts, false);
    }
    places.tops.forEach(
        (place, path) -> {
          if (path.equals(HOME)) {
            places.homes.add(place);
          }
        });
    return places;
  }

  private void add(Path path, Map<Path, Path> shown, List<MountInfo> mounts, boolean parts)
      throws IOException {
    for (Path place : OwnDirectories.places(real(path), mounts, parts)) {
      shown.putIfAbsent(place, path);
    }
    try (Fd held = HostPath.hold(path)) {
      inodes.putIfAbsent(Inode.of(held.status()), path);
    } catch (SyscallException e) {
      // What the policy does not let the daemon look at, it does not let it relabel either.
      if (!e.is(Errno.ENOENT) && !e.is(Errno.EACCES)) {
        throw e;
      }
    }
  }

  private static Path real(Path path) throws IOException {
    try {
      return path.toRealPath();
    } catch (NoSuchFileException | AccessDeniedException e) {
      return path;
    }
  }

  /**
   * Why something must keep its label.
   *
   * @param real without links
   * @param status what is there
   */
  Optional<String> objection(Path real, FileStatus status) {
    for (Map.Entry<Path, Path> tree : trees.entrySet()) {
      if (real.startsWith(tree.getKey())) {
        return Optional.of("is, or is beneath, " + tree.getValue() + " of this node");
      }
    }
    Path same = inodes.get(Inode.of(status));
    if (same != null) {
      return Optional.of("is " + same + " of this node");
    }
    if (real.getParent() != null && homes.contains(real.getParent())) {
      return Optional.of("is a whole home directory of this node");
    }
    return containing(real, tops).or(() -> containing(real, trees));
  }

  private static Optional<String> containing(Path real, Map<Path, Path> shown) {
    return shown.entrySet().stream()
        .filter(place -> place.getKey().startsWith(real))
        .map(place -> "has " + place.getValue() + " of this node in it")
        .sorted()
        .findFirst();
  }
}
