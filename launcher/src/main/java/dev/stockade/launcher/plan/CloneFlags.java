package dev.stockade.launcher.plan;

/** The namespace bits of clone(2), linux/sched.h. */
public final class CloneFlags {
  public static final long NEWTIME = 0x80;
  public static final long NEWNS = 0x20000;
  public static final long NEWCGROUP = 0x2000000;
  public static final long NEWUTS = 0x4000000;
  public static final long NEWIPC = 0x8000000;
  public static final long NEWUSER = 0x10000000;
  public static final long NEWPID = 0x20000000;
  public static final long NEWNET = 0x40000000;

  private CloneFlags() {}
}
