package dev.stockade.shim.container;

import com.fasterxml.jackson.annotation.JsonIgnore;
import dev.stockade.shim.call.CallFailure;
import java.util.Locale;

/**
 * The life of a container: made, running, ended. Times are nanoseconds since 1970, 0 where the time
 * has not come.
 *
 * @param pid of the process in the host's numbering, 0 unless running
 * @param exitCode 0 to 255; 128 plus the signal that ended the process
 * @param reason one word for what ended it, empty unless ended
 * @param message for people, empty where there is nothing to say
 */
public record Life(
    Phase phase,
    long createdAt,
    long startedAt,
    long finishedAt,
    int pid,
    int exitCode,
    String reason,
    String message) {

  /** Where a container is in its life; the names are those of the protocol. */
  public enum Phase {
    /** Made, not started. */
    CREATED,
    /** Its process runs. */
    RUNNING,
    /** Its process has ended, or could not be started. */
    EXITED,
    /** What became of it cannot be found out. */
    UNKNOWN
  }

  /** A container just made. */
  public static Life created(long now) {
    return new Life(Phase.CREATED, now, 0, 0, 0, 0, "", "");
  }

  /** The process runs. */
  public Life started(int newPid, long now) throws CallFailure {
    require(Phase.CREATED, "start");
    return new Life(Phase.RUNNING, createdAt, now, 0, newPid, 0, "", "");
  }

  /** The process could not be started; that is how this container ended. */
  public Life failedToStart(int code, String why, long now) throws CallFailure {
    require(Phase.CREATED, "start");
    return new Life(Phase.EXITED, createdAt, now, now, 0, code, Exit.START_ERROR, why);
  }

  /**
   * The process has ended. A container that is not known to have started has: its process cannot
   * end otherwise; one that has ended stays as it is.
   */
  public Life ended(Exit exit) {
    if (phase == Phase.EXITED) {
      return this;
    }
    long started = startedAt == 0 ? Math.min(createdAt, exit.time()) : startedAt;
    return new Life(
        Phase.EXITED,
        createdAt,
        started,
        Math.max(exit.time(), started),
        0,
        exit.code(),
        exit.reason(),
        exit.message());
  }

  /** What became of it cannot be found out, for this reason. */
  Life unknown(String why) {
    return new Life(Phase.UNKNOWN, createdAt, startedAt, finishedAt, pid, 0, "", why);
  }

  /** Refuses to do something with a container in another phase. */
  public void require(Phase needed, String action) throws CallFailure {
    if (phase != needed) {
      throw new CallFailure(
          CallFailure.Kind.WRONG_STATE,
          "cannot "
              + action
              + " a container that is "
              + phase.name().toLowerCase(Locale.ROOT)
              + "; it must be "
              + needed.name().toLowerCase(Locale.ROOT));
    }
  }

  /** Whether the process runs. */
  @JsonIgnore
  public boolean isRunning() {
    return phase == Phase.RUNNING;
  }
}
