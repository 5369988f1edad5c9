package dev.stockade.launcher.linux;

/**
 * The work directory of an overlay. Where overlayfs cannot make what it needs there, because the
 * disk is full for instance, it mounts read-only and tells nobody but the kernel's log
 * (fs/overlayfs/super.c, ovl_workdir_create).
 */
final class OverlayWork {
  private static final long ST_RDONLY = 1;
  private static final String PROBE = "probe";

  private OverlayWork() {}

  /** Refuses a mount that should be writable and is not, with the errno of making a directory. */
  static Fd requireWritable(Fd mount, Mounts.Writable writable) throws SyscallException {
    try {
      if ((mount.mountFlags() & ST_RDONLY) != 0) {
        probe(writable);
        throw new SyscallException(
            "fsmount",
            Errno.EROFS,
            "overlay with upper directory " + writable.upper(),
            "it is mounted read-only; the kernel's log says why");
      }
      return mount;
    } catch (SyscallException e) {
      mount.close();
      throw e;
    }
  }

  private static void probe(Mounts.Writable writable) throws SyscallException {
    try (Directory work = Directory.open(writable.work(), Resolution.BENEATH);
        Entry probe = work.entry(PROBE)) {
      probe.makeDirectory(0);
      probe.removeDirectory();
    }
  }
}
