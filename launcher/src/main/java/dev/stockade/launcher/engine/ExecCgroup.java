package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.Cgroup2;
import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.linux.ProcDirectory;
import dev.stockade.launcher.plan.StepCode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where an exec is born when its container's cgroup takes no process: the container has enabled
 * controllers below itself and sits there, because of the no internal process constraint,
 * cgroups(7).
 */
final class ExecCgroup {
  private static final int LIMIT = 64 * 1024;

  private ExecCgroup() {}

  /** Whether this is why a launch failed. */
  static boolean isTaken(LaunchFailure failure) {
    return failure.step().filter(step -> step == StepCode.CLONE).isPresent()
        && failure.errno() == Errno.EBUSY;
  }

  /**
   * The cgroup that the container's first process is in now; empty when that process has ended, or
   * is not below the container's own cgroup.
   */
  static Optional<String> of(LaunchTarget container, String own) throws IOException {
    try (ProcDirectory init = ProcDirectory.open(container.pid())) {
      String path = Cgroup2.pathOf(init.read("cgroup", LIMIT));
      return container.pidfd().alive() ? below(own, path) : Optional.empty();
    }
  }

  /**
   * The path if it lies below the other.
   *
   * @param own absolute, as in an OCI spec
   * @param path as the kernel shows it
   */
  static Optional<String> below(String own, String path) {
    return Optional.of(path).filter(p -> p.startsWith(Path.of(own).normalize() + "/"));
  }
}
