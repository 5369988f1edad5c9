package dev.stockade.launcher.linux;

import java.time.Instant;
import java.util.Optional;

/**
 * What statx(2) says of one inode.
 *
 * @param permissions the twelve bits below the type
 * @param mountAttributes the MOUNT_ATTR-like STATX_ATTR bits, of which {@link #mountRoot} is one
 */
public record FileStatus(
    FileKind kind,
    int permissions,
    long uid,
    long gid,
    long size,
    long blocks512,
    long links,
    long inode,
    int deviceMajor,
    int deviceMinor,
    int specialMajor,
    int specialMinor,
    long mountId,
    long mountAttributes,
    Instant modified) {
  private static final int SIZE = 256;
  private static final int BASIC = 0x7ff;
  private static final int MOUNT_ID = 0x1000;
  private static final long ATTR_MOUNT_ROOT = 0x2000;

  /** Whether the inode is the root of a mount. */
  public boolean mountRoot() {
    return (mountAttributes & ATTR_MOUNT_ROOT) != 0;
  }

  /** Whether both name the same inode of the same file system. */
  public boolean sameInode(FileStatus other) {
    return inode == other.inode
        && deviceMajor == other.deviceMajor
        && deviceMinor == other.deviceMinor;
  }

  static FileStatus of(Fd fd) throws SyscallException {
    try (Scratch scratch = Scratch.open();
        Fd.Use use = fd.use()) {
      return of(scratch, use.number(), scratch.string(""), Flags.AT_EMPTY_PATH, fd.toString());
    }
  }

  static FileStatus of(Scratch scratch, int directory, long path, int flags, String target)
      throws SyscallException {
    Scratch.Piece piece = scratch.zeroed(SIZE);
    Kernel.check(call(piece, directory, path, flags), Syscall.STATX, target);
    return parse(piece);
  }

  /** Empty when there is nothing of that name; made without an exception, because it is usual. */
  static Optional<FileStatus> ifPresent(
      Scratch scratch, int directory, long path, int flags, String target) throws SyscallException {
    Scratch.Piece piece = scratch.zeroed(SIZE);
    long result = call(piece, directory, path, flags);
    if (Kernel.is(result, Errno.ENOENT)) {
      return Optional.empty();
    }
    Kernel.check(result, Syscall.STATX, target);
    return Optional.of(parse(piece));
  }

  private static long call(Scratch.Piece piece, int directory, long path, int flags) {
    return Kernel.call(
        Syscall.STATX,
        directory,
        path,
        flags | Flags.AT_NO_AUTOMOUNT,
        BASIC | MOUNT_ID,
        piece.address());
  }

  private static FileStatus parse(Scratch.Piece piece) {
    int mode = piece.getShort(28);
    return new FileStatus(
        FileKind.of(mode),
        mode & 07777,
        piece.getInt(20) & 0xffff_ffffL,
        piece.getInt(24) & 0xffff_ffffL,
        piece.getLong(40),
        piece.getLong(48),
        piece.getInt(16) & 0xffff_ffffL,
        piece.getLong(32),
        piece.getInt(136),
        piece.getInt(140),
        piece.getInt(128),
        piece.getInt(132),
        piece.getLong(144),
        piece.getLong(8),
        Instant.ofEpochSecond(piece.getLong(112), piece.getInt(120)));
  }
}
