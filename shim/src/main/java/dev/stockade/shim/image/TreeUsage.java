package dev.stockade.shim.image;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.linux.FileKind;
import dev.stockade.launcher.linux.FileStatus;
import dev.stockade.launcher.linux.Listing;
import dev.stockade.launcher.linux.SyscallException;
import java.util.Optional;
import java.util.Set;

/**
 * What trees use on disk. Whoever writes in them does so as he likes, so the walk has bounds,
 * beyond which nothing more is counted.
 */
final class TreeUsage {
  private static final int DEEPEST = 128;
  private static final int MOST_ENTRIES = 2_000_000;
  private static final int MOST_NAMES = 1_000_000;
  private static final int BLOCK = 512;
  private static final Set<Errno> UNCOUNTED =
      Set.of(Errno.ENOENT, Errno.ENOTDIR, Errno.ELOOP, Errno.EFBIG);

  private long bytes;
  private long inodes;

  /** Bytes of all blocks counted. */
  long bytes() {
    return bytes;
  }

  /** Files and directories counted. */
  long inodes() {
    return inodes;
  }

  /** Adds what is in a directory. */
  void addBeneath(Directory directory) throws SyscallException {
    beneath(directory, 0);
  }

  /** Adds one name of a directory and what is beneath it; nothing there is no error. */
  void add(Directory directory, String path) throws SyscallException {
    try {
      entry(directory, path, 0);
    } catch (SyscallException e) {
      if (!UNCOUNTED.contains(e.errno())) {
        throw e;
      }
    }
  }

  /**
   * What is removed or replaced meanwhile, or has more names than are looked at, is not counted: no
   * container can make the question fail for all.
   */
  private void beneath(Directory directory, int depth) throws SyscallException {
    for (Listing.Name name : directory.list(MOST_NAMES)) {
      try {
        entry(directory, name.name(), depth);
      } catch (SyscallException e) {
        if (!UNCOUNTED.contains(e.errno())) {
          throw e;
        }
      }
    }
  }

  private void entry(Directory directory, String path, int depth) throws SyscallException {
    Optional<FileStatus> status = directory.status(path);
    if (status.isEmpty() || inodes >= MOST_ENTRIES) {
      return;
    }
    inodes++;
    bytes += status.get().blocks512() * BLOCK;
    if (status.get().kind() == FileKind.DIRECTORY && depth < DEEPEST) {
      try (Directory below = directory.directory(path)) {
        beneath(below, depth + 1);
      }
    }
  }
}
