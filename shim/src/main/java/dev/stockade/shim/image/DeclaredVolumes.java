package dev.stockade.shim.image;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Entry;
import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.MountAttributes;
import dev.stockade.launcher.linux.Mounts;
import dev.stockade.launcher.linux.NoRoom;
import dev.stockade.launcher.linux.Resolution;
import dev.stockade.launcher.linux.SyscallException;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * The directories an image declares as volumes. An image asks for no mounts and gets no files of
 * the host (CVE-2022-23648): where it has no such directory an empty one is made in the container's
 * own layer, with every name resolved as if that were the root.
 */
final class DeclaredVolumes {
  private static final long ATTRIBUTES =
      MountAttributes.NO_SUID | MountAttributes.NO_DEV | MountAttributes.NO_EXEC;
  private static final List<String> COVERED = List.of("proc", "sys", "dev");
  private static final int DEEPEST = 64;

  private DeclaredVolumes() {}

  /**
   * Makes those that are missing.
   *
   * @param paths as the image writes them
   * @param uid the host's id of the container's root
   */
  static void make(ContainerRootFs root, Collection<String> paths, long uid, long gid)
      throws ImageException {
    if (paths.isEmpty()) {
      return;
    }
    List<Mounts.Layer> layers = root.lower().stream().map(Mounts.Layer::of).toList();
    Mounts.Writable writable = new Mounts.Writable(root.upper(), root.work());
    try (Fd mount = Mounts.overlay(layers, Optional.of(writable), "", ATTRIBUTES);
        Directory held = Directory.of(mount, Resolution.IN_ROOT, "image root")) {
      for (String path : paths) {
        make(held, path, uid, gid);
      }
    } catch (SyscallException e) {
      throw ImageException.storage("make the volumes the image declares", e);
    }
  }

  private static void make(Directory root, String path, long uid, long gid) throws ImageException {
    Deque<String> names = names(path);
    if (names.isEmpty() || COVERED.contains(names.getFirst())) {
      return;
    }
    StringBuilder prefix = new StringBuilder();
    try {
      if (names.size() > DEEPEST) {
        throw ImageException.refused("it is deeper than " + DEEPEST);
      }
      for (String name : names) {
        prefix.append(prefix.length() == 0 ? "" : "/").append(name);
        if (!isThere(root, prefix.toString())) {
          try (Entry entry = root.entry(prefix.toString())) {
            entry.makeDirectory(0755);
            entry.owner(uid, gid);
          }
        }
      }
    } catch (SyscallException e) {
      String what = "the image declares the volume " + Quoted.of(path) + ", which cannot be made";
      throw NoRoom.isWhy(e)
          ? ImageException.storage(what, e)
          : ImageException.refused(what + ": " + e.getMessage());
    } catch (ImageException e) {
      throw e.in("the image declares the volume " + Quoted.of(path));
    }
  }

  /** A name above the root is the root. */
  private static Deque<String> names(String path) {
    Deque<String> names = new ArrayDeque<>();
    for (String name : path.split("/", -1)) {
      if (name.equals("..")) {
        names.pollLast();
      } else if (!name.isEmpty() && !name.equals(".")) {
        names.addLast(name);
      }
    }
    return names;
  }

  private static boolean isThere(Directory root, String path) throws SyscallException {
    try {
      root.openPath(path).close();
      return true;
    } catch (SyscallException e) {
      if (e.is(Errno.ENOENT)) {
        return false;
      }
      throw e;
    }
  }
}
