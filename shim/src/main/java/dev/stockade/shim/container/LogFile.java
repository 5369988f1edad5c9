package dev.stockade.shim.container;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Entry;
import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.FileKind;
import dev.stockade.launcher.linux.Resolution;
import dev.stockade.shim.call.CallFailure;
import dev.stockade.shim.call.Refusals;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

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
    String attempted = "open log_path " + path + " beneath " + directory;
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
      throw Refusals.of(attempted, e);
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

  /** Whether the file is there already. */
  boolean exists() {
    return Files.exists(directory.resolve(path), java.nio.file.LinkOption.NOFOLLOW_LINKS);
  }

  /** Removes a file that was made for a container that came to nothing. */
  void remove() throws IOException {
    try (Directory held = Directory.open(directory, Resolution.BENEATH);
        Entry entry = held.entry(path)) {
      entry.unlink();
    }
  }
}
