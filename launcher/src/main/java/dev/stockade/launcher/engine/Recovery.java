package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.Cgroup2;
import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.linux.Pidfd;
import dev.stockade.launcher.linux.Resolution;
import dev.stockade.launcher.linux.SeqpacketSocket;
import dev.stockade.launcher.linux.SeqpacketSocket.Packet;
import dev.stockade.launcher.linux.SyscallException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Finds what an earlier engine launched: by the monitor's control socket, or the exit record it
 * left.
 */
final class Recovery {
  private static final Duration GREETING_LIMIT = Duration.ofSeconds(10);
  private static final Duration DEATH_LIMIT = Duration.ofSeconds(10);

  private Recovery() {}

  static RecoveredProcess recover(Engine engine, String id, Path directory, Optional<String> cgroup)
      throws IOException {
    Optional<SeqpacketSocket> control = connect(directory);
    if (control.isPresent()) {
      Optional<RecoveredProcess> found = greet(engine, id, directory, cgroup, control.get());
      if (found.isPresent()) {
        return found.get();
      }
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

  private static Optional<SeqpacketSocket> connect(Path directory) throws IOException {
    try (Directory holder = Directory.open(directory, Resolution.BENEATH)) {
      return Optional.of(SeqpacketSocket.connect(holder, Preparation.CONTROL_SOCKET));
    } catch (SyscallException e) {
      if (e.is(Errno.ENOENT) || e.is(Errno.ECONNREFUSED)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** Empty when the monitor ends before it has said anything: its exit record tells the rest. */
  private static Optional<RecoveredProcess> greet(
      Engine engine, String id, Path directory, Optional<String> cgroup, SeqpacketSocket control)
      throws IOException {
    SeqpacketSocket.Received received = control.receive(Message.LENGTH_MAX, GREETING_LIMIT);
    if (received.packet().isEmpty()) {
      control.close();
      return Optional.empty();
    }
    try (Packet packet = received.packet().get()) {
      boolean state = Message.type(packet.bytes()) == Message.STATE;
      Optional<Pidfd> pidfd = state ? packet.take().map(Pidfd::of) : Optional.empty();
      if (pidfd.isEmpty()) {
        control.close();
        return Optional.empty();
      }
      Message.State greeting = Message.State.read(packet.bytes());
      Optional<ContainerCgroup> own =
          cgroup.isEmpty()
              ? Optional.empty()
              : Optional.of(ContainerCgroup.recover(engine.hierarchyOrThrow(), cgroup.get()));
      Monitor monitor = Monitor.follow(control, engine.poller());
      Ending ending = new Ending(engine, pidfd.get(), own, Optional.of(directory), id);
      return Optional.of(
          RecoveredProcess.running(
              new RunningProcess(
                  id,
                  greeting.pid(),
                  pidfd.get(),
                  Optional.empty(),
                  monitor,
                  own,
                  ending.of(monitor))));
    }
  }
}
