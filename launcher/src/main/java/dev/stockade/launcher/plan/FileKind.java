package dev.stockade.launcher.plan;

/** What a bind's source is, which decides what is made as its mount point. */
public enum FileKind {
  DIRECTORY(1),
  /** Anything that is no directory: a regular file, a socket, a device. */
  FILE(2);

  private final int create;

  FileKind(int create) {
    this.create = create;
  }

  /** The {@code create} operand of ATTACH. */
  public int create() {
    return create;
  }
}
