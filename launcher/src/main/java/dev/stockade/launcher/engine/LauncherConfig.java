package dev.stockade.launcher.engine;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Where a launcher works.
 *
 * @param runDirectory private to the daemon, on a file system that a reboot empties; created if
 *     missing
 * @param warden absolute path of the static binary
 * @param monitorCgroup path within the cgroup2 hierarchy where serve and the monitors live, created
 *     if missing; empty: they stay in the daemon's own cgroup
 * @param launchLimit how long a launch may take until its exec, after which it is killed
 * @param beforeExec whether a process that cannot be verified before its first instruction is
 *     refused
 * @param layers where layers are, or will be: what {@link
 *     dev.stockade.launcher.plan.HostFacts#idmapObstacle} is about
 */
public record LauncherConfig(
    Path runDirectory,
    Path warden,
    Optional<String> monitorCgroup,
    Duration launchLimit,
    boolean beforeExec,
    Optional<Path> layers) {
  static final String HELPERS = "helpers";
  static final String ROOT = "root";

  private static final Duration LAUNCH_LIMIT = Duration.ofSeconds(60);

  public LauncherConfig(Path runDirectory, Path warden, Optional<String> monitorCgroup) {
    this(runDirectory, warden, monitorCgroup, LAUNCH_LIMIT, false, Optional.empty());
  }

  /** See {@link Launcher#rootMountPoint}. */
  Path rootMountPoint() {
    return runDirectory.resolve(ROOT);
  }

  /** Beside the monitors', because a cgroup that has processes may hand no controllers down. */
  Optional<String> helperCgroup() {
    return monitorCgroup.map(path -> path.replaceAll("[^/]*/*$", "") + HELPERS);
  }
}
