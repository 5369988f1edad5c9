package dev.stockade.shim.container;

import dev.stockade.launcher.engine.ExitStatus;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * How a container's process ended, in the words people know from Kubernetes.
 *
 * @param code 0 to 255; 128 plus the signal that ended it
 * @param message for people, empty where there is nothing to say
 * @param time nanoseconds since 1970
 */
public record Exit(int code, String reason, String message, long time) {
  static final String COMPLETED = "Completed";
  static final String ERROR = "Error";
  static final String OUT_OF_MEMORY = "OOMKilled";
  static final String START_ERROR = "StartError";
  static final String MONITOR_LOST = "MonitorLost";

  /** From what the monitor saw. */
  static Exit of(ExitStatus status) {
    long time = ChronoUnit.NANOS.between(Instant.EPOCH, status.time());
    if (status.reason() == ExitStatus.Reason.MONITOR_LOST) {
      return new Exit(
          status.code(),
          MONITOR_LOST,
          "the process that watched the container is gone; what was left of the container was killed",
          time);
    }
    String reason = status.outOfMemory() ? OUT_OF_MEMORY : status.code() == 0 ? COMPLETED : ERROR;
    return new Exit(status.code(), reason, status.logLoss().text(), time);
  }
}
