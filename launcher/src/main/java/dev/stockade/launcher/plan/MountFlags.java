package dev.stockade.launcher.plan;

/** The propagation bits of mount(2), linux/mount.h. */
public final class MountFlags {
  public static final long REC = 1 << 14;
  public static final long UNBINDABLE = 1 << 17;
  public static final long PRIVATE = 1 << 18;
  public static final long SLAVE = 1 << 19;
  public static final long SHARED = 1 << 20;

  private MountFlags() {}
}
