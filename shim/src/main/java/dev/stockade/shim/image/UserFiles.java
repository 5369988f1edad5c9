package dev.stockade.shim.image;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.MountAttributes;
import dev.stockade.launcher.linux.Mounts;
import dev.stockade.launcher.linux.Resolution;
import dev.stockade.launcher.linux.SyscallException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Reads the user database of an image as its containers will see it: through a detached read-only
 * overlay of the layers, so that whiteouts count, with every link resolved within it (openat2
 * RESOLVE_IN_ROOT).
 */
final class UserFiles {
  private static final long ATTRIBUTES =
      MountAttributes.READ_ONLY
          | MountAttributes.NO_SUID
          | MountAttributes.NO_DEV
          | MountAttributes.NO_EXEC;

  private UserFiles() {}

  /**
   * Reads both files; one that is not there is empty.
   *
   * @param lower layers, topmost first
   */
  static UserDatabase read(List<Path> lower) throws ImageException {
    try (Directory root = open(lower)) {
      return UserDatabase.parse(file(root, "etc/passwd"), file(root, "etc/group"));
    } catch (SyscallException e) {
      throw ImageException.storage("look into the image's layers", e);
    }
  }

  /** An overlay without a writable layer needs two layers; a single one is a plain directory. */
  private static Directory open(List<Path> lower) throws SyscallException {
    if (lower.size() == 1) {
      return Directory.open(lower.get(0), Resolution.IN_ROOT);
    }
    List<Mounts.Layer> layers = lower.stream().map(Mounts.Layer::of).toList();
    Fd mount = Mounts.overlay(layers, Optional.empty(), "", ATTRIBUTES);
    return Directory.of(mount, Resolution.IN_ROOT, "image root");
  }

  private static byte[] file(Directory root, String path) throws ImageException {
    try {
      return root.readIfPresent(path, UserDatabase.LARGEST_FILE).orElse(new byte[0]);
    } catch (SyscallException e) {
      if (e.is(Errno.ENOTDIR)) {
        return new byte[0];
      }
      if (e.is(Errno.EINVAL) || e.is(Errno.EFBIG) || e.is(Errno.ELOOP)) {
        throw ImageException.refused(
            "the image's /" + path + " cannot be the user database: " + e.getMessage());
      }
      throw ImageException.storage("read the image's /" + path, e);
    } catch (IOException e) {
      throw ImageException.storage("read the image's /" + path, e);
    }
  }
}
