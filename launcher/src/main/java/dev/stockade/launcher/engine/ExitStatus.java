package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.WaitStatus;
import java.time.Instant;

/**
 * How a launched process ended.
 *
 * @param code the exit status, or 128 and the signal
 * @param signal that ended it, or 0
 * @param oomKills processes of its cgroup that the kernel killed for want of memory
 * @param logLoss what its log could not take
 * @param reason how this is known
 */
public record ExitStatus(
    int code, int signal, long oomKills, Instant time, LogLoss logLoss, Reason reason) {
  private static final int LOST = 255;
  private static final int KILLED = 128 + 9;
  private static final long NANOSECONDS = 1_000_000_000L;

  /** How the end is known. */
  public enum Reason {
    /** The monitor reaped the process. */
    EXITED,
    /** The monitor was lost; the cgroup was killed. */
    MONITOR_LOST
  }

  static ExitStatus reaped(int waitStatus, long oomKills, long timeNanoseconds, LogLoss logLoss) {
    WaitStatus status = new WaitStatus(waitStatus);
    Instant time =
        Instant.ofEpochSecond(
            Math.floorDiv(timeNanoseconds, NANOSECONDS),
            Math.floorMod(timeNanoseconds, NANOSECONDS));
    return new ExitStatus(
        status.exitCode(), status.signal(), oomKills, time, logLoss, Reason.EXITED);
  }

  static ExitStatus monitorLost() {
    return new ExitStatus(LOST, 0, 0, Instant.now(), LogLoss.NONE, Reason.MONITOR_LOST);
  }

  /**
   * Whether a shortage of memory ended it: the kernel killed it, or a process of it whose end it
   * passed on, as a shell does with its last command.
   */
  public boolean outOfMemory() {
    return oomKills > 0 && code == KILLED;
  }
}
