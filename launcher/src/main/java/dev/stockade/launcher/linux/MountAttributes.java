package dev.stockade.launcher.linux;

import java.util.Optional;

/**
 * One change for mount_setattr(2).
 *
 * @param set MOUNT_ATTR_* bits to set
 * @param clear MOUNT_ATTR_* bits to clear
 * @param propagation MS_SHARED, MS_SLAVE, MS_PRIVATE, MS_UNBINDABLE or 0
 * @param userNamespace whose id maps the mount gets
 */
public record MountAttributes(long set, long clear, long propagation, Optional<Fd> userNamespace) {
  public static final long READ_ONLY = 0x1;
  public static final long NO_SUID = 0x2;
  public static final long NO_DEV = 0x4;
  public static final long NO_EXEC = 0x8;
  public static final long ATIME_MASK = 0x70;
  public static final long NO_ATIME = 0x10;
  public static final long STRICT_ATIME = 0x20;
  public static final long NO_DIR_ATIME = 0x80;
  public static final long ID_MAP = 0x100000;
  public static final long NO_SYMLINK_FOLLOW = 0x200000;

  public static MountAttributes of(long set, long clear) {
    return new MountAttributes(set, clear, 0, Optional.empty());
  }
}
