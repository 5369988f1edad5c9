package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.Cgroup;
import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.linux.ProcDirectory;
import dev.stockade.launcher.linux.SyscallException;
import java.io.IOException;

/**
 * Gives the processes of a container another OOM score adjustment, proc_pid_oom_score_adj(5). Who
 * has chosen one of its own keeps it.
 */
final class OomScore {
  private static final String FILE = "oom_score_adj";
  private static final int LENGTH_MAX = 64;

  /** A child that is forked meanwhile has its parent's, old or new: a later pass finds it. */
  private static final int PASSES = 16;

  private OomScore() {}

  static void change(Cgroup cgroup, int from, int to) throws IOException {
    for (int pass = 0; pass < PASSES; pass++) {
      boolean changed = false;
      for (int pid : cgroup.processesBelow()) {
        changed |= changeOne(pid, from, to);
      }
      if (!changed) {
        return;
      }
    }
  }

  private static boolean changeOne(int pid, int from, int to) throws IOException {
    try (ProcDirectory proc = ProcDirectory.open(pid)) {
      if (read(proc) != from) {
        return false;
      }
      proc.write(FILE, Integer.toString(to));
      return true;
    } catch (SyscallException e) {
      if (e.is(Errno.ENOENT) || e.is(Errno.ESRCH)) {
        return false;
      }
      throw e;
    }
  }

  private static int read(ProcDirectory proc) throws IOException {
    return Integer.parseInt(proc.read(FILE, LENGTH_MAX).trim());
  }
}
