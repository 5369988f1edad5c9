package dev.stockade.shim.image;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Entry;
import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.linux.FileKind;
import dev.stockade.launcher.linux.SyscallException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The directories of a layer that have no entry of their own. They get what the layers below give
 * them once those are whole, because layers are unpacked at the same time.
 */
final class ImpliedDirectories {
  /** Characters of their names, and as many again for each: of all layers of one image. */
  private static final int ROOM = 8 << 20;

  private static final int OVERHEAD = 100;
  private static final EntryPath ROOT = new EntryPath("");

  private final AtomicInteger room;
  private final Set<EntryPath> paths = new HashSet<>();

  /**
   * None but the root.
   *
   * @param room see {@link #room}
   */
  ImpliedDirectories(AtomicInteger room) {
    this.room = room;
    paths.add(ROOT);
  }

  /** What the layers of one image share, because the names are hostile and kept in memory. */
  static AtomicInteger room() {
    return new AtomicInteger(ROOM);
  }

  void add(EntryPath path) throws ImageException {
    if (paths.add(path) && room.addAndGet(-OVERHEAD - path.text().length()) < 0) {
      throw ImageException.refused(
          "has too many directories without entries, more than 8 MiB of names in its image");
    }
  }

  /** The directory has an entry after all. */
  void remove(EntryPath path) {
    if (paths.remove(path) && !path.isRoot()) {
      room.addAndGet(OVERHEAD + path.text().length());
    }
  }

  /** The layer is not wanted after all. */
  void forget() {
    List.copyOf(paths).forEach(this::remove);
  }

  /** Makes them look as in the layers below, which are whole; refusals name the directory. */
  void settle(Directory content, LowerLayers below) throws ImageException, InterruptedException {
    for (EntryPath path : paths) {
      if (Thread.interrupted()) {
        throw new InterruptedException("the layers are not wanted any more");
      }
      String what = "directory " + Quoted.of("/" + path.text());
      try {
        DirectoryAttributes shown = below.attributes(path);
        if (path.isRoot()) {
          shown.apply(content.fd());
        } else {
          settle(content, path, shown);
        }
      } catch (SyscallException e) {
        throw ImageException.ofDirectory(what, e);
      } catch (ImageException e) {
        throw e.in(what);
      }
    }
  }

  /** A later entry may have replaced the directory or one above it. */
  private static void settle(Directory content, EntryPath path, DirectoryAttributes shown)
      throws SyscallException {
    try (Entry entry = content.entry(path.text())) {
      if (entry.status().filter(s -> s.kind() == FileKind.DIRECTORY).isPresent()) {
        shown.apply(entry);
        entry.times(shown.modified(), shown.modified());
      }
    } catch (SyscallException e) {
      if (!e.is(Errno.ENOENT) && !e.is(Errno.ENOTDIR) && !e.is(Errno.ELOOP)) {
        throw e;
      }
    }
  }
}
