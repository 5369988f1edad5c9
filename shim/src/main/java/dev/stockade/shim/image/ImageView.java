package dev.stockade.shim.image;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.MountAttributes;
import dev.stockade.launcher.linux.Mounts;
import dev.stockade.launcher.linux.Resolution;
import dev.stockade.launcher.linux.SyscallException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What the layers of an image show together: a detached read-only overlay, so that whiteouts count,
 * with every link resolved within it (openat2 RESOLVE_IN_ROOT).
 */
final class ImageView {
  private static final long ATTRIBUTES =
      MountAttributes.READ_ONLY
          | MountAttributes.NO_SUID
          | MountAttributes.NO_DEV
          | MountAttributes.NO_EXEC;

  private ImageView() {}

  /**
   * Opens it. An overlay without a writable layer needs two layers; a single one is a plain
   * directory.
   *
   * @param lower layers, topmost first
   */
  static Directory open(List<Path> lower) throws SyscallException {
    if (lower.size() == 1) {
      return Directory.open(lower.get(0), Resolution.IN_ROOT);
    }
    List<Mounts.Layer> layers = lower.stream().map(Mounts.Layer::of).toList();
    Fd mount = Mounts.overlay(layers, Optional.empty(), "", ATTRIBUTES);
    return Directory.of(mount, Resolution.IN_ROOT, "image root");
  }

  /** Refuses a path that is no directory of the image. */
  static void requireDirectory(List<Path> lower, String path) throws ImageException {
    try (Directory view = open(lower)) {
      if (!path.isEmpty()) {
        view.directory(path).close();
      }
    } catch (SyscallException e) {
      if (e.is(Errno.ENOENT) || e.is(Errno.ENOTDIR) || e.is(Errno.ELOOP)) {
        throw ImageException.refused(Quoted.of(path) + " is no directory of the image");
      }
      throw ImageException.storage("look for " + Quoted.of(path) + " in the image", e);
    }
  }
}
