package dev.stockade.launcher.engine;

import java.util.Optional;

/**
 * What became of a process of an earlier engine: still running, or ended with a status.
 *
 * @param running present while it runs
 * @param ended present when it does not
 */
public record RecoveredProcess(Optional<RunningProcess> running, Optional<ExitStatus> ended) {
  static RecoveredProcess running(RunningProcess process) {
    return new RecoveredProcess(Optional.of(process), Optional.empty());
  }

  static RecoveredProcess ended(ExitStatus status) {
    return new RecoveredProcess(Optional.empty(), Optional.of(status));
  }
}
