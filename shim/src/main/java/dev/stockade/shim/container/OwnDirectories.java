package dev.stockade.shim.container;

import dev.stockade.launcher.linux.MountInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Every place of the host where the daemon's own directories show: with the sockets in them a
 * container could start others itself.
 *
 * @param places absolute, without links; the directories themselves, and where a mount shows them
 *     or a part of them again
 */
record OwnDirectories(Set<Path> places) {
  OwnDirectories {
    places = Set.copyOf(places);
  }

  /** Where they show now. */
  static OwnDirectories now(Path... directories) throws IOException {
    List<MountInfo> mounts = MountInfo.self();
    Set<Path> places = new LinkedHashSet<>();
    for (Path directory : directories) {
      // A node that no daemon has run on yet has none.
      Path real = Files.exists(directory) ? directory.toRealPath() : directory;
      places.addAll(places(real, mounts));
    }
    return new OwnDirectories(places);
  }

  /** Where a directory or a part of it shows, by the mounts of the host in their order. */
  static Set<Path> places(Path directory, List<MountInfo> mounts) {
    return places(directory, mounts, true);
  }

  /**
   * As {@link #places(Path, List)}.
   *
   * @param parts whether mounts that show a part of it are places of it
   */
  static Set<Path> places(Path directory, List<MountInfo> mounts, boolean parts) {
    Set<Path> places = new LinkedHashSet<>(Set.of(directory));
    Optional<MountInfo> holder =
        mounts.stream()
            .filter(mount -> directory.startsWith(mount.point()))
            .reduce((one, other) -> deeper(one, other) ? one : other);
    if (holder.isEmpty()) {
      return places;
    }
    Path inside = moved(directory, Path.of(holder.get().point()), Path.of(holder.get().root()));
    for (MountInfo mount : mounts) {
      Path root = Path.of(mount.root());
      Path point = Path.of(mount.point());
      if (!mount.device().equals(holder.get().device())) {
        continue;
      }
      if (inside.startsWith(root)) {
        places.add(moved(inside, root, point));
      } else if (parts && root.startsWith(inside)) {
        places.add(point);
      }
    }
    return places;
  }

  /** Of two on one point the later one is on top. */
  private static boolean deeper(MountInfo one, MountInfo other) {
    return Path.of(one.point()).getNameCount() > Path.of(other.point()).getNameCount();
  }

  private static Path moved(Path path, Path from, Path to) {
    return to.resolve(from.relativize(path)).normalize();
  }

  /** Why a path cannot be mounted into a container, and what to do instead. */
  record Objection(String reason, String advice) {}

  /**
   * What stands against mounting a path.
   *
   * @param path without links
   * @param shared whether mounts made in it reach the host
   */
  Optional<Objection> objection(Path path, boolean shared) {
    if (places.stream().anyMatch(path::startsWith)) {
      return Optional.of(
          new Objection(
              "is a directory of this runtime", "mount another, or run the container privileged"));
    }
    if (shared && !beneath(path).isEmpty()) {
      return Optional.of(
          new Objection(
              "has a directory of this runtime beneath it, which cannot be hidden where mounts"
                  + " reach the host",
              "use another propagation, or run the container privileged"));
    }
    return Optional.empty();
  }

  /** Those beneath a path without links, relative to it. */
  List<Path> beneath(Path path) {
    return places.stream()
        .filter(place -> place.startsWith(path) && !place.equals(path))
        .map(path::relativize)
        .sorted(Comparator.naturalOrder())
        .toList();
  }
}
