package dev.stockade.shim.image;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Entry;
import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.linux.NoRoom;
import dev.stockade.launcher.linux.SyscallException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.TreeSet;

/**
 * The directories an image declares as volumes. An image asks for no mounts and gets no files of
 * the host (CVE-2022-23648): where it has no such directory an empty one is made in the container's
 * own layer, with every name resolved as if that were the root.
 */
public final class DeclaredVolumes {
  private static final List<String> COVERED = List.of("proc", "sys", "dev");
  private static final int DEEPEST = 64;

  private DeclaredVolumes() {}

  /**
   * Makes those that are missing.
   *
   * @param root of a container that does not run, as its launch mounts it: what is above a new
   *     directory is copied up with the owner this mount shows
   * @param uid the host's id of the container's root
   */
  public static void make(Directory root, ImageConfig config, long uid, long gid)
      throws ImageException {
    for (String path : new TreeSet<>(config.volumes())) {
      make(root, path, uid, gid);
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
