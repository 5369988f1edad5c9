package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.Pidfd;

/**
 * A process whose namespaces others join.
 *
 * @param id of its container
 * @param pid as the host numbers it; another process's once this one has ended
 * @param pidfd stays owned by the caller
 */
public record LaunchTarget(String id, int pid, Pidfd pidfd) {
  /** A process that was launched or found again. */
  public static LaunchTarget of(RunningProcess process) {
    return new LaunchTarget(process.id(), process.pid(), process.pidfd());
  }
}
