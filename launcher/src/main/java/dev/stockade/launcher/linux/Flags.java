package dev.stockade.launcher.linux;

/**
 * Flag values of the kernel's headers; where x86_64 and arm64 differ, the value is chosen at class
 * load.
 */
final class Flags {
  private static final boolean X86 = Architecture.current() == Architecture.X86_64;

  static final int O_RDONLY = 0;
  static final int O_WRONLY = 01;
  static final int O_RDWR = 02;
  static final int O_CREAT = 0100;
  static final int O_EXCL = 0200;
  static final int O_NOCTTY = 0400;
  static final int O_TRUNC = 01000;
  static final int O_APPEND = 02000;
  static final int O_NONBLOCK = 04000;
  static final int O_DIRECTORY = X86 ? 0200000 : 040000;
  static final int O_NOFOLLOW = X86 ? 0400000 : 0100000;
  static final int O_CLOEXEC = 02000000;
  static final int O_PATH = 010000000;

  static final int RESOLVE_NO_XDEV = 0x01;
  static final int RESOLVE_NO_MAGICLINKS = 0x02;
  static final int RESOLVE_NO_SYMLINKS = 0x04;
  static final int RESOLVE_BENEATH = 0x08;
  static final int RESOLVE_IN_ROOT = 0x10;

  static final int AT_FDCWD = -100;
  static final int AT_SYMLINK_NOFOLLOW = 0x100;
  static final int AT_REMOVEDIR = 0x200;
  static final int AT_NO_AUTOMOUNT = 0x800;
  static final int AT_EMPTY_PATH = 0x1000;
  static final int AT_RECURSIVE = 0x8000;

  static final int F_GETFL = 3;
  static final int F_SETFL = 4;
  static final int F_DUPFD_CLOEXEC = 1030;
  static final int F_ADD_SEALS = 1033;
  static final int LOCK_EX = 2;
  static final int LOCK_NB = 4;
  static final int RENAME_NOREPLACE = 1;

  private Flags() {}

  /** linux/fs.h, sync_file_range(2). */
  static final int SYNC_FILE_RANGE_WRITE = 2;
}
