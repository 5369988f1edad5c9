package dev.stockade.shim.container;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Entry;
import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.FileKind;
import dev.stockade.launcher.linux.FileStatus;
import dev.stockade.launcher.linux.Resolution;
import dev.stockade.launcher.linux.SyscallException;
import dev.stockade.shim.call.CallFailure;
import dev.stockade.shim.call.Refusals;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * A container's log beneath the log directory of its pod. The directory is opened once and nothing
 * beneath it is reached through a symbolic link, because whoever can write there would otherwise
 * choose the file that root appends to (CVE-2025-0750).
 *
 * @param directory the pod's log directory, which the kubelet names
 * @param path relative, without {@code ..}
 */
record LogFile(Path directory, String path) {
  private static final int MODE = 0640;

  /** Opens the log for appending; directories and the file are made if they are missing. */
  Fd open() throws CallFailure {
    String attempted = "log_path: open " + path + " beneath " + directory;
    try {
      Files.createDirectories(directory);
      try (Directory held = Directory.open(directory, Resolution.BENEATH)) {
        int slash = path.lastIndexOf('/');
        if (slash > 0) {
          held.makeDirectories(path.substring(0, slash), 0755);
        }
        try (Entry entry = held.entry(path)) {
          return regular(entry.openAppend(MODE), attempted);
        }
      }
    } catch (IOException e) {
      throw Refusals.of(
          attempted, e, "name a file that can be made or appended to, reached without links");
    }
  }

  private static Fd regular(Fd log, String attempted) throws IOException, CallFailure {
    if (log.status().kind() == FileKind.REGULAR) {
      return log;
    }
    log.close();
    throw new CallFailure(
        CallFailure.Kind.WRONG_STATE, attempted + ": it is not a regular file; remove it");
  }

  /** What {@link #open} will make, because it is not there: the file, then directories. */
  List<Path> missing() {
    List<Path> missing = new ArrayList<>();
    Path one = directory.resolve(path);
    while (one != null && !Files.exists(one, LinkOption.NOFOLLOW_LINKS)) {
      missing.add(one);
      one = one.getParent();
    }
    return missing;
  }

  /**
   * Removes what was made for a container that came to nothing. A directory in which others have
   * made something since stays.
   *
   * @param made what {@link #missing} said before
   */
  void remove(List<Path> made) throws IOException {
    for (Path one : made) {
      boolean inside = one.startsWith(directory) && !one.equals(directory);
      Path base = inside ? directory : Objects.requireNonNull(one.getParent());
      if (Files.exists(base) && !removed(base, base.relativize(one).toString())) {
        return;
      }
    }
  }

  private static boolean removed(Path base, String name) throws IOException {
    try (Directory held = Directory.open(base, Resolution.BENEATH)) {
      Optional<FileStatus> status = held.status(name);
      if (status.isEmpty()) {
        return true;
      }
      try (Entry entry = held.entry(name)) {
        if (status.get().kind() == FileKind.DIRECTORY) {
          entry.removeDirectory();
        } else {
          entry.unlink();
        }
      }
      return true;
    } catch (SyscallException e) {
      if (e.errno() == Errno.ENOTEMPTY) {
        return false;
      }
      throw e;
    }
  }
}
