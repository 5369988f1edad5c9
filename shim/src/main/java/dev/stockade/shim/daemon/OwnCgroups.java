package dev.stockade.shim.daemon;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The cgroups the daemon makes for itself.
 *
 * @param mount of cgroup2
 * @param parent of everything this daemon makes there
 */
record OwnCgroups(Optional<Path> mount, String parent) {
  private static final Duration PAUSE = Duration.ofMillis(20);
  private static final int TRIES = 50;

  /**
   * Where warden and its monitors live: never in a container's cgroup, whose limits would end its
   * reaper.
   */
  static String monitors(String parent) {
    return parent + "/monitors";
  }

  /**
   * Removes what is empty and leaves the rest: a cgroup with processes cannot be removed
   * (cgroups(7)).
   */
  void removeWhenEmpty() throws IOException {
    if (mount.isEmpty()) {
      return;
    }
    for (String path : List.of(monitors(parent), parent + "/helpers", parent)) {
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
