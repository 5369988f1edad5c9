package dev.stockade.shim.daemon;

import dev.stockade.launcher.linux.Cgroup;
import dev.stockade.launcher.linux.Cgroup2;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The cgroups the daemon makes for itself.
 *
 * @param mount of cgroup2
 * @param parent of everything this daemon makes there
 */
record OwnCgroups(Optional<Path> mount, String parent) {
  private static final String BY_ITSELF = "/stockade";

  /** How systemd marks a cgroup that it has handed over; nobody but root can. */
  private static final String DELEGATED = "trusted.delegate";

  private static final Duration PAUSE = Duration.ofMillis(20);
  private static final int TRIES = 50;

  /**
   * Where everything goes: as configured; else beside the daemon's own cgroup where that is a leaf
   * of a delegated one, because the rest of the hierarchy is systemd's to write; else a place of
   * its own.
   */
  static String parent(String configured) throws IOException {
    if (!configured.isEmpty()) {
      return configured;
    }
    Path above = Path.of(Cgroup2.own()).getParent();
    Optional<Cgroup2> hierarchy = Cgroup2.find();
    if (above == null || above.getNameCount() == 0 || hierarchy.isEmpty()) {
      return BY_ITSELF;
    }
    try (Cgroup unit = hierarchy.get().open(above.toString())) {
      return unit.fd().attribute(DELEGATED).isPresent() ? above.toString() : BY_ITSELF;
    }
  }

  /**
   * Where warden and its monitors live: never in a container's cgroup, whose limits would end its
   * reaper.
   */
  static String monitors(String parent) {
    return parent + "/monitors";
  }

  /**
   * Removes what is empty and leaves the rest: a cgroup with processes cannot be removed
   * (cgroups(7)). One that the daemon itself is in is the service manager's.
   */
  void removeWhenEmpty() throws IOException {
    if (mount.isEmpty()) {
      return;
    }
    List<String> made = new ArrayList<>(List.of(monitors(parent), parent + "/helpers"));
    if (!Cgroup2.own().startsWith(parent + "/")) {
      made.add(parent);
    }
    for (String path : made) {
      if (!removed(mount.get().resolve(path.replaceAll("^/+", "")))) {
        return;
      }
    }
  }

  /** warden takes a moment to end. */
  private static boolean removed(Path cgroup) throws IOException {
    for (int i = 0; i < TRIES; i++) {
      try {
        Files.delete(cgroup);
        return true;
      } catch (NoSuchFileException e) {
        return true;
      } catch (IOException e) {
        if (!pause()) {
          return false;
        }
      }
    }
    return false;
  }

  private static boolean pause() {
    try {
      Thread.sleep(PAUSE.toMillis());
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
