package dev.stockade.launcher.linux;

/** The type of an inode, inode(7). */
public enum FileKind {
  FIFO(0010000),
  CHARACTER_DEVICE(0020000),
  DIRECTORY(0040000),
  BLOCK_DEVICE(0060000),
  REGULAR(0100000),
  SYMLINK(0120000),
  SOCKET(0140000);

  static final int MASK = 0170000;

  private final int bits;

  FileKind(int bits) {
    this.bits = bits;
  }

  /** The type bits of st_mode. */
  public int bits() {
    return bits;
  }

  static FileKind of(int mode) {
    for (FileKind kind : values()) {
      if (kind.bits == (mode & MASK)) {
        return kind;
      }
    }
    throw new IllegalArgumentException(
        "mode " + Integer.toOctalString(mode) + " has no known type");
  }
}
