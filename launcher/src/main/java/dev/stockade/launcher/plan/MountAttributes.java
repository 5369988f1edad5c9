package dev.stockade.launcher.plan;

/**
 * The attributes of a mount as mount_setattr(2) takes them.
 *
 * @param set bits to set
 * @param clear bits to clear first
 */
public record MountAttributes(long set, long clear) {
  public static final long RDONLY = 0x1;
  public static final long NOSUID = 0x2;
  public static final long NODEV = 0x4;
  public static final long NOEXEC = 0x8;

  /** The mask of the access time modes, of which relatime is 0. */
  public static final long ATIME = 0x70;

  public static final long NOATIME = 0x10;
  public static final long STRICTATIME = 0x20;
  public static final long NODIRATIME = 0x80;
  public static final long NOSYMFOLLOW = 0x200000;

  /** Nothing changes. */
  public static final MountAttributes NONE = new MountAttributes(0, 0);

  boolean isEmpty() {
    return set == 0 && clear == 0;
  }
}
