package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.Cgroup2;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Finds what an earlier engine launched: by the monitor's control socket, or the exit record it
 * left.
 */
final class Recovery {
  private static final Duration DEATH_LIMIT = Duration.ofSeconds(10);

  private Recovery() {}

  static RecoveredProcess recover(Engine engine, String id, Path directory, Optional<String> cgroup)
      throws IOException {
    Optional<MonitorGreeting> greeting = MonitorGreeting.of(id, directory);
    if (greeting.isPresent()) {
      return running(engine, id, directory, cgroup, greeting.get());
    }
    ExitStatus status = ExitRecord.read(directory, id).orElseGet(ExitStatus::monitorLost);
    if (cgroup.isPresent()) {
      Optional<Cgroup2> hierarchy = Cgroup2.find();
      if (hierarchy.isPresent()) {
        dev.stockade.launcher.linux.Cgroup.destroy(hierarchy.get(), cgroup.get(), DEATH_LIMIT);
      }
    }
    return RecoveredProcess.ended(status);
  }

  private static RecoveredProcess running(
      Engine engine, String id, Path directory, Optional<String> cgroup, MonitorGreeting greeting)
      throws IOException {
    Optional<ContainerCgroup> own =
        cgroup.isEmpty()
            ? Optional.empty()
            : Optional.of(ContainerCgroup.recover(engine.hierarchyOrThrow(), cgroup.get()));
    Monitor monitor = Monitor.follow(greeting.link(), engine.poller());
    Ending ending = new Ending(engine, greeting.pidfd(), own, Optional.of(directory), id);
    return RecoveredProcess.running(
        new RunningProcess(
            id,
            greeting.pid(),
            greeting.pidfd(),
            Optional.empty(),
            monitor,
            own,
            ending.of(monitor)));
  }
}
