package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.Fd;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What the launching side supplies beside the plan.
 *
 * @param log where the monitor appends; stays owned by the caller
 * @param directory private to the container or exec: its exit record and control socket are made
 *     here
 * @param target the container whose namespaces are joined, by an exec or by a container that shares
 *     its PID namespace; it must be alive when they have been opened
 * @param bundle where hooks find the container's {@code config.json}: a directory for root only,
 *     made when there are hooks
 */
public record LaunchFiles(
    Optional<Fd> log,
    Optional<Path> directory,
    Optional<LaunchTarget> target,
    Optional<Path> bundle) {
  public static final LaunchFiles NONE =
      new LaunchFiles(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

  /** For a container that is logged and recovered after a restart. */
  public static LaunchFiles container(Fd log, Path directory) {
    return new LaunchFiles(
        Optional.of(log), Optional.of(directory), Optional.empty(), Optional.empty());
  }

  /** For a process without a log, for example a pod's init. */
  public static LaunchFiles unlogged(Path directory) {
    return new LaunchFiles(
        Optional.empty(), Optional.of(directory), Optional.empty(), Optional.empty());
  }

  /** For an exec whose output the engine holds. */
  public static LaunchFiles exec(RunningProcess target) {
    return exec(LaunchTarget.of(target));
  }

  /** For an exec into a container that need not run yet. */
  static LaunchFiles exec(LaunchTarget target) {
    return new LaunchFiles(
        Optional.empty(), Optional.empty(), Optional.of(target), Optional.empty());
  }
}
