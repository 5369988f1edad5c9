package dev.stockade.shim.signature;

import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.linux.HostPath;
import dev.stockade.launcher.linux.SyscallException;
import dev.stockade.shim.image.ImageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** A file of the administrator, who alone can write it. */
final class TrustedFile {
  private TrustedFile() {}

  /** The content, or nothing when there is no such file; a link that leads nowhere is a mistake. */
  static Optional<byte[]> read(Path file, int limit) throws ImageException {
    try {
      return Optional.of(HostPath.readTrusted(file, limit));
    } catch (SyscallException e) {
      boolean missing = e.is(Errno.ENOENT) || e.is(Errno.ENOTDIR);
      if (missing && !Files.isSymbolicLink(file)) {
        return Optional.empty();
      }
      throw unreadable(file, e);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private static ImageException unreadable(Path file, IOException e) {
    return ImageException.untrusted("cannot read " + file + ": " + e.getMessage());
  }
}
