package dev.stockade.launcher.linux;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Removes a tree by descriptors. A directory below {@link #DEPTH} is first moved to the top of the
 * tree, so that a tree of any depth is removed with a bounded number of descriptors and stack
 * frames.
 */
final class TreeRemoval {
  private static final int DEPTH = 64;
  private static final int RESOLVE =
      Flags.RESOLVE_BENEATH
          | Flags.RESOLVE_NO_SYMLINKS
          | Flags.RESOLVE_NO_MAGICLINKS
          | Flags.RESOLVE_NO_XDEV;

  private final Fd top;
  private final String label;
  private final long deadline;
  private final Duration limit;
  private long moved;

  private TreeRemoval(Fd top, String label, Duration limit) {
    this.top = top;
    this.label = label;
    this.limit = limit;
    this.deadline = System.nanoTime() + limit.toNanos();
  }

  static void remove(Entry entry, Duration limit) throws SyscallException {
    Optional<FileStatus> status = entry.status();
    if (status.isEmpty()) {
      return;
    }
    if (status.get().kind() != FileKind.DIRECTORY) {
      entry.unlink();
      return;
    }
    try (Fd directory = entry.open(Flags.O_RDONLY | Flags.O_DIRECTORY, 0)) {
      TreeRemoval removal = new TreeRemoval(directory, entry.toString(), limit);
      removal.empty(directory, 0);
    }
    entry.removeDirectory();
  }

  private void empty(Fd directory, int depth) throws SyscallException {
    List<Listing.Raw> names = new ArrayList<>();
    while (rewindAndRead(directory, names)) {
      for (Listing.Raw name : names) {
        if (System.nanoTime() - deadline > 0) {
          throw new SyscallException("unlinkat", Errno.ETIME, label, "stopped after " + limit);
        }
        remove(directory, name, depth);
      }
      names.clear();
    }
  }

  private boolean rewindAndRead(Fd directory, List<Listing.Raw> names) throws SyscallException {
    directory.seek(0);
    while (names.isEmpty() && Listing.readSome(directory, names, label)) {
      // A block may hold nothing but the dots.
    }
    return !names.isEmpty();
  }

  private void remove(Fd directory, Listing.Raw name, int depth) throws SyscallException {
    boolean known = name.kind().isPresent();
    boolean maybeDirectory = !known || name.kind().get() == FileKind.DIRECTORY;
    if (known && !maybeDirectory) {
      check(unlink(directory, name.name(), 0));
      return;
    }
    long result = unlink(directory, name.name(), known ? Flags.AT_REMOVEDIR : 0);
    if (!known && Kernel.is(result, Errno.EISDIR)) {
      result = unlink(directory, name.name(), Flags.AT_REMOVEDIR);
    }
    if (!Kernel.is(result, Errno.ENOTEMPTY)) {
      check(result);
    } else if (depth >= DEPTH) {
      moveToTop(directory, name.name());
    } else {
      descend(directory, name.name(), depth);
    }
  }

  private void descend(Fd directory, byte[] name, int depth) throws SyscallException {
    try (Scratch scratch = Scratch.open();
        Fd.Use use = directory.use();
        Fd below =
            Opening.at(
                scratch,
                use.number(),
                scratch.name(name),
                Flags.O_RDONLY | Flags.O_DIRECTORY,
                0,
                RESOLVE,
                label + "/.../" + Entry.text(name))) {
      empty(below, depth + 1);
    }
    check(unlink(directory, name, Flags.AT_REMOVEDIR));
  }

  private void moveToTop(Fd directory, byte[] name) throws SyscallException {
    moved++;
    byte[] fresh = (".deep." + System.nanoTime() + "." + moved).getBytes(StandardCharsets.US_ASCII);
    try (Scratch scratch = Scratch.open();
        Fd.Use from = directory.use();
        Fd.Use to = top.use()) {
      check(
          Kernel.call(
              Syscall.RENAMEAT2,
              from.number(),
              scratch.name(name),
              to.number(),
              scratch.name(fresh),
              Flags.RENAME_NOREPLACE));
    }
  }

  private long unlink(Fd directory, byte[] name, int flags) throws SyscallException {
    try (Scratch scratch = Scratch.open();
        Fd.Use use = directory.use()) {
      return Kernel.call(Syscall.UNLINKAT, use.number(), scratch.name(name), flags);
    }
  }

  private void check(long result) throws SyscallException {
    if (!Kernel.is(result, Errno.ENOENT)) {
      Kernel.check(result, Syscall.UNLINKAT, label);
    }
  }
}
