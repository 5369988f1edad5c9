package dev.stockade.launcher.linux;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Mounts with a path, in a mount namespace that nobody else sees and that ends with its use. */
public final class PrivateMounts {
  private static final long NEW_MOUNTS = 0x0002_0000L;
  private static final long MS_PRIVATE = 0x0004_0000L;
  private static final Path ROOT = Path.of("/");

  private PrivateMounts() {}

  /**
   * As {@link Mounts#overlay} of detached mounts, for kernels that take them only where they are
   * attached, because overlayfs clones a layer from the caller's own mount namespace: before Linux
   * 6.15.
   *
   * @param lower from the topmost layer down; attached, and so used up
   * @param at a directory of the daemon's own, which shows the layers to the work alone
   */
  public static Fd overlay(
      List<Fd> lower, Path at, Optional<Mounts.Writable> writable, String context, long attributes)
      throws IOException {
    return Visit.run(
        () -> {
          enter();
          return Mounts.overlay(attach(lower, at), writable, context, attributes);
        });
  }

  /**
   * A detached copy of a mount from one of its directories on. The path is resolved as if the mount
   * were the root, because links in it are whoever's made the files.
   *
   * @param mount detached; attached by this, and so used up
   * @param at as above
   */
  public static Fd beneath(Fd mount, String path, Path at) throws IOException {
    return Visit.run(
        () -> {
          enter();
          try (Fd target = HostPath.hold(at)) {
            Mounts.attach(mount, target, at.toString());
          }
          try (Directory root = Directory.open(at, Resolution.IN_ROOT);
              Directory found = root.directory(path)) {
            return Mounts.openTree(found.fd(), false, root.describe(path));
          }
        });
  }

  /** What is mounted from here on reaches no other namespace. */
  private static void enter() throws SyscallException {
    Kernel.check(Kernel.call(Syscall.UNSHARE, NEW_MOUNTS), Syscall.UNSHARE, "mount namespace");
    try (Fd root = HostPath.hold(ROOT)) {
      MountAttributes change = new MountAttributes(0, 0, MS_PRIVATE, Optional.empty());
      Mounts.setAttributes(root, true, change, "propagation of /");
    }
  }

  private static List<Mounts.Layer> attach(List<Fd> lower, Path at) throws SyscallException {
    try (Fd holder = Mounts.fileSystem("tmpfs", List.of("mode=0700"), 0);
        Fd target = HostPath.hold(at)) {
      Mounts.attach(holder, target, at.toString());
    }
    List<Mounts.Layer> layers = new ArrayList<>();
    try (Directory holder = Directory.open(at, Resolution.BENEATH)) {
      for (Fd layer : lower) {
        String name = String.valueOf(layers.size());
        holder.makeDirectories(name, 0700);
        try (Fd point = holder.openPath(name)) {
          Mounts.attach(layer, point, holder.describe(name));
        }
        layers.add(Mounts.Layer.of(at.resolve(name)));
      }
    }
    return layers;
  }
}
