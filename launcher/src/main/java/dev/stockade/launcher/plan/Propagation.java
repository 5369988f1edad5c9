package dev.stockade.launcher.plan;

/** How mounts spread between a mount and its source, mount_namespaces(7). */
public enum Propagation {
  PRIVATE(MountFlags.PRIVATE),
  SLAVE(MountFlags.SLAVE),
  SHARED(MountFlags.SHARED);

  private final long flag;

  Propagation(long flag) {
    this.flag = flag;
  }

  /** The MS_* bit. */
  public long flag() {
    return flag;
  }
}
