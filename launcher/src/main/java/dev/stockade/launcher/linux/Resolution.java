package dev.stockade.launcher.linux;

/** How names beneath a held directory are resolved, openat2(2). */
public enum Resolution {
  /** No symbolic link at all, nothing above the directory: for directories of our own. */
  BENEATH(Flags.RESOLVE_BENEATH | Flags.RESOLVE_NO_SYMLINKS | Flags.RESOLVE_NO_MAGICLINKS),
  /** Links are followed as if the directory were {@code /}: for trees that came from an image. */
  IN_ROOT(Flags.RESOLVE_IN_ROOT | Flags.RESOLVE_NO_MAGICLINKS);

  private final int flags;

  Resolution(int flags) {
    this.flags = flags;
  }

  int flags() {
    return flags;
  }
}
