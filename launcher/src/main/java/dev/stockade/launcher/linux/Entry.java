package dev.stockade.launcher.linux;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;

/**
 * One name in a held directory. Every operation is on the name itself; a symbolic link there is
 * never followed.
 */
public final class Entry implements AutoCloseable {
  private static final int RESOLVE =
      Flags.RESOLVE_BENEATH | Flags.RESOLVE_NO_SYMLINKS | Flags.RESOLVE_NO_MAGICLINKS;

  private final Fd parent;
  private final boolean owned;
  private final byte[] name;
  private final String label;

  Entry(Fd parent, String name, String label) {
    this(parent, name.getBytes(StandardCharsets.UTF_8), label, true);
  }

  /**
   * One name.
   *
   * @param owned whether the parent is closed with it
   */
  Entry(Fd parent, byte[] name, String label, boolean owned) {
    this.parent = parent;
    this.owned = owned;
    this.name = name;
    this.label = label;
  }

  @Override
  public String toString() {
    return label;
  }

  @FunctionalInterface
  private interface Call {
    long on(int directory, long name, Scratch scratch) throws SyscallException;
  }

  private long attempt(Call call) throws SyscallException {
    try (Scratch scratch = Scratch.open();
        Fd.Use use = parent.use()) {
      return call.on(use.number(), scratch.name(name), scratch);
    }
  }

  private void perform(Syscall syscall, Call call) throws SyscallException {
    Kernel.check(attempt(call), syscall, label);
  }

  Fd open(int flags, int mode) throws SyscallException {
    try (Scratch scratch = Scratch.open();
        Fd.Use use = parent.use()) {
      return Opening.at(scratch, use.number(), scratch.name(name), flags, mode, RESOLVE, label);
    }
  }

  /** Empty when there is nothing of that name. */
  public Optional<FileStatus> status() throws SyscallException {
    try (Scratch scratch = Scratch.open();
        Fd.Use use = parent.use()) {
      return FileStatus.ifPresent(
          scratch, use.number(), scratch.name(name), Flags.AT_SYMLINK_NOFOLLOW, label);
    }
  }

  /**
   * A new regular file for reading and writing, with exactly this mode; EEXIST if the name is
   * taken.
   */
  public Fd createFile(int mode) throws SyscallException {
    Fd file = open(Flags.O_RDWR | Flags.O_CREAT | Flags.O_EXCL, mode & 0777);
    try {
      file.mode(mode);
      return file;
    } catch (SyscallException e) {
      file.close();
      throw e;
    }
  }

  /**
   * As {@link #createFile}, with a mode that gives nothing to others and is to be set; empty if the
   * name is taken.
   */
  public Optional<Fd> createUnlessThere() throws SyscallException {
    try (Scratch scratch = Scratch.open();
        Fd.Use use = parent.use()) {
      return Opening.unlessThere(
          scratch,
          use.number(),
          scratch.name(name),
          Flags.O_RDWR | Flags.O_CREAT | Flags.O_EXCL,
          0600,
          RESOLVE,
          label);
    }
  }

  /** An existing or new regular file, opened for appending. */
  public Fd openAppend(int mode) throws SyscallException {
    return open(
        Flags.O_WRONLY | Flags.O_APPEND | Flags.O_CREAT | Flags.O_NOFOLLOW | Flags.O_NONBLOCK,
        mode & 0777);
  }

  /** The directory of that name, held. */
  public Directory directory(Resolution resolution) throws SyscallException {
    return Directory.of(open(Flags.O_RDONLY | Flags.O_DIRECTORY, 0), resolution, label);
  }

  /** mkdirat(2), with exactly this mode. */
  public void makeDirectory(int mode) throws SyscallException {
    perform(
        Syscall.MKDIRAT,
        (at, path, scratch) -> Kernel.call(Syscall.MKDIRAT, at, path, mode & 0777));
    mode(mode);
  }

  void makeDirectoryUnlessThere(int mode) throws SyscallException {
    try {
      makeDirectory(mode);
    } catch (SyscallException e) {
      boolean there =
          e.is(Errno.EEXIST) && status().filter(s -> s.kind() == FileKind.DIRECTORY).isPresent();
      if (!there) {
        throw e;
      }
    }
  }

  /** mknodat(2) with exactly this mode; device numbers are 0 for a fifo or a socket. */
  public void makeNode(FileKind kind, int mode, int major, int minor) throws SyscallException {
    long device = device(major, minor);
    perform(
        Syscall.MKNODAT,
        (at, path, scratch) ->
            Kernel.call(Syscall.MKNODAT, at, path, kind.bits() | (mode & 0777), device));
    mode(mode);
  }

  /** The kernel's user-space encoding of a device number, makedev(3). */
  static long device(int major, int minor) {
    long high = major & 0xffff_ffffL;
    long low = minor & 0xffff_ffffL;
    return ((high & 0xffff_f000L) << 32)
        | ((high & 0xfffL) << 8)
        | ((low & 0xffff_ff00L) << 12)
        | (low & 0xffL);
  }

  /** symlinkat(2); the target is data, it is not looked at. */
  public void makeSymlink(String target) throws SyscallException {
    perform(
        Syscall.SYMLINKAT,
        (at, path, scratch) -> Kernel.call(Syscall.SYMLINKAT, scratch.string(target), at, path));
  }

  /** linkat(2): this name becomes another one of the existing inode, which may itself be a link. */
  public void makeLink(Entry existing) throws SyscallException {
    try (Fd.Use from = existing.parent.use()) {
      perform(
          Syscall.LINKAT,
          (at, path, scratch) ->
              Kernel.call(Syscall.LINKAT, from.number(), scratch.name(existing.name), at, path, 0));
    }
  }

  /** renameat2(2) onto the other name, replacing what is there. */
  public void rename(Entry target) throws SyscallException {
    rename(target, 0);
  }

  /** As {@link #rename}, but EEXIST when the other name is taken. */
  public void renameUnlessThere(Entry target) throws SyscallException {
    rename(target, Flags.RENAME_NOREPLACE);
  }

  private void rename(Entry target, int flags) throws SyscallException {
    try (Fd.Use to = target.parent.use()) {
      perform(
          Syscall.RENAMEAT2,
          (at, path, scratch) ->
              Kernel.call(
                  Syscall.RENAMEAT2, at, path, to.number(), scratch.name(target.name), flags));
    }
  }

  /** unlinkat(2) of anything but a directory. */
  public void unlink() throws SyscallException {
    perform(Syscall.UNLINKAT, (at, path, scratch) -> Kernel.call(Syscall.UNLINKAT, at, path, 0));
  }

  /** unlinkat(2) of an empty directory. */
  public void removeDirectory() throws SyscallException {
    perform(
        Syscall.UNLINKAT,
        (at, path, scratch) -> Kernel.call(Syscall.UNLINKAT, at, path, Flags.AT_REMOVEDIR));
  }

  /** readlinkat(2). */
  public String readLink() throws SyscallException {
    byte[] target = new byte[4096];
    long length =
        attempt(
            (at, path, scratch) -> {
              Scratch.Piece piece = scratch.uninitialised(target.length);
              long got = Kernel.call(Syscall.READLINKAT, at, path, piece.address(), target.length);
              if (got > 0) {
                piece.get(0, target, 0, (int) got);
              }
              return got;
            });
    Kernel.check(length, Syscall.READLINKAT, label);
    return new String(target, 0, (int) length, StandardCharsets.UTF_8);
  }

  /** fchownat(2) of the name itself; clears set-id bits, so the mode is set afterwards. */
  public void owner(long uid, long gid) throws SyscallException {
    perform(
        Syscall.FCHOWNAT,
        (at, path, scratch) ->
            Kernel.call(Syscall.FCHOWNAT, at, path, uid, gid, Flags.AT_SYMLINK_NOFOLLOW));
  }

  /** fchmodat2(2), all twelve bits; EOPNOTSUPP on a symbolic link, which has no mode. */
  public void mode(int mode) throws SyscallException {
    perform(
        Syscall.FCHMODAT2,
        (at, path, scratch) ->
            Kernel.call(Syscall.FCHMODAT2, at, path, mode & 07777, Flags.AT_SYMLINK_NOFOLLOW));
  }

  /** utimensat(2), nanoseconds kept. */
  public void times(Instant accessed, Instant modified) throws SyscallException {
    perform(
        Syscall.UTIMENSAT,
        (at, path, scratch) ->
            Kernel.call(
                Syscall.UTIMENSAT,
                at,
                path,
                times(scratch, accessed, modified),
                Flags.AT_SYMLINK_NOFOLLOW));
  }

  static long times(Scratch scratch, Instant accessed, Instant modified) {
    return scratch
        .uninitialised(32)
        .putLong(0, accessed.getEpochSecond())
        .putLong(8, accessed.getNano())
        .putLong(16, modified.getEpochSecond())
        .putLong(24, modified.getNano())
        .address();
  }

  /** lsetxattr(2). */
  public void setAttribute(String attribute, byte[] value) throws SyscallException {
    perform(
        Syscall.LSETXATTR,
        (at, path, scratch) ->
            Kernel.call(
                Syscall.LSETXATTR,
                held(scratch, at),
                scratch.string(attribute),
                scratch.bytes(value).address(),
                value.length,
                0));
  }

  /**
   * lgetxattr(2); empty when the attribute is not set. At most 64 KiB, which is the kernel's own
   * limit.
   */
  public Optional<byte[]> attribute(String attribute) throws SyscallException {
    byte[] value = new byte[65536];
    long length =
        attempt(
            (at, path, scratch) -> {
              Scratch.Piece piece = scratch.uninitialised(value.length);
              long got =
                  Kernel.call(
                      Syscall.LGETXATTR,
                      held(scratch, at),
                      scratch.string(attribute),
                      piece.address(),
                      value.length);
              if (got > 0) {
                piece.get(0, value, 0, (int) got);
              }
              return got;
            });
    if (Kernel.is(length, Errno.ENODATA) || Kernel.is(length, Errno.EOPNOTSUPP)) {
      return Optional.empty();
    }
    Kernel.check(length, Syscall.LGETXATTR, label + " " + attribute);
    return Optional.of(java.util.Arrays.copyOf(value, (int) length));
  }

  /**
   * The path of the name through the held parent, because the *xattrat calls are newer than the
   * kernel floor.
   */
  private long held(Scratch scratch, int directory) throws SyscallException {
    byte[] prefix = ("/proc/self/fd/" + directory + "/").getBytes(StandardCharsets.US_ASCII);
    byte[] path = java.util.Arrays.copyOf(prefix, prefix.length + name.length);
    System.arraycopy(name, 0, path, prefix.length, name.length);
    return scratch.name(path);
  }

  /** Another name in the same directory. */
  Entry sibling(byte[] other) throws SyscallException {
    return new Entry(parent.duplicate(), other, label + "/../" + text(other), true);
  }

  /** The name beside it under which its next content is written. */
  Entry next() throws SyscallException {
    return sibling(("." + text(name) + ".new").getBytes(StandardCharsets.UTF_8));
  }

  static String text(byte[] name) {
    return new String(name, StandardCharsets.UTF_8);
  }

  Fd parent() {
    return parent;
  }

  @Override
  public void close() {
    if (owned) {
      parent.close();
    }
  }
}
