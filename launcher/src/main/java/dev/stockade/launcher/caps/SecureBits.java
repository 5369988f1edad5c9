package dev.stockade.launcher.caps;

/** The bits of prctl(PR_SET_SECUREBITS), linux/securebits.h. */
public final class SecureBits {
  /** Uid 0 gains nothing at exec. */
  public static final int NOROOT = 1;

  public static final int NOROOT_LOCKED = 1 << 1;

  /** Changes between uid 0 and others leave the sets alone. */
  public static final int NO_SETUID_FIXUP = 1 << 2;

  public static final int NO_SETUID_FIXUP_LOCKED = 1 << 3;

  /** The permitted set survives the next change away from uid 0; cleared by exec. */
  public static final int KEEP_CAPS = 1 << 4;

  public static final int KEEP_CAPS_LOCKED = 1 << 5;

  /** No capability can be raised in the ambient set. */
  public static final int NO_CAP_AMBIENT_RAISE = 1 << 6;

  public static final int NO_CAP_AMBIENT_RAISE_LOCKED = 1 << 7;

  /** Every bit that has a meaning. */
  public static final int ALL = (1 << 8) - 1;

  private SecureBits() {}
}
