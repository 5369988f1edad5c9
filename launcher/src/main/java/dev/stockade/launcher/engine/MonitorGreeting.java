package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.Namespace;
import dev.stockade.launcher.linux.Pidfd;
import dev.stockade.launcher.linux.Resolution;
import dev.stockade.launcher.linux.SeqpacketSocket;
import dev.stockade.launcher.linux.SeqpacketSocket.Arrival;
import dev.stockade.launcher.linux.SeqpacketSocket.Packet;
import dev.stockade.launcher.linux.SyscallException;
import dev.stockade.launcher.plan.NamespaceKind;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A monitor that takes this engine for its own, found by its control socket.
 *
 * @param pid of the process it watches
 */
record MonitorGreeting(SeqpacketSocket link, Pidfd pidfd, int pid) {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final List<NamespaceKind> SHOWN =
      List.of(NamespaceKind.USER, NamespaceKind.PID, NamespaceKind.MOUNT);

  /**
   * The monitor of one process; empty when it ends, also before it has said anything: its exit
   * record tells the rest.
   *
   * @throws IOException if it lives and turns this engine away, or says nothing
   */
  static Optional<MonitorGreeting> of(String id, Path directory) throws IOException {
    return of(id, directory, LIMIT);
  }

  /** As {@link #of(String, Path)}, with the time that it has to answer. */
  static Optional<MonitorGreeting> of(String id, Path directory, Duration limit)
      throws IOException {
    Optional<SeqpacketSocket> control = connect(directory);
    if (control.isEmpty()) {
      return Optional.empty();
    }
    Optional<MonitorGreeting> greeting = Optional.empty();
    try {
      greeting = ask(control.get(), id, directory, limit);
      return greeting;
    } finally {
      if (greeting.isEmpty()) {
        control.get().close();
      }
    }
  }

  private static Optional<MonitorGreeting> ask(
      SeqpacketSocket link, String id, Path directory, Duration limit) throws IOException {
    show(link);
    SeqpacketSocket.Received received = link.receive(Message.LENGTH_MAX, limit);
    if (received.packet().isPresent()) {
      return greeting(link, received.packet().get());
    }
    if (received.arrival() == Arrival.NOTHING_YET) {
      throw new IOException(
          "the monitor of "
              + id
              + " is there and has not answered for "
              + limit.toSeconds()
              + " s, so that "
              + id
              + " is left as it is; start the daemon again when the node has more time, or stop the"
              + " container's processes yourself");
    }
    requireGone(id, directory);
    return Optional.empty();
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

  /** No container has these namespaces to show. */
  private static void show(SeqpacketSocket link) throws SyscallException {
    List<Fd> namespaces = new ArrayList<>();
    try {
      for (NamespaceKind kind : SHOWN) {
        namespaces.add(Namespace.open(Path.of("/proc/self/ns/" + kind.procName()), kind.flag()));
      }
      link.send(Message.plain(Message.SHOW), namespaces);
    } catch (SyscallException e) {
      if (!e.is(Errno.EPIPE) && !e.is(Errno.ECONNRESET)) {
        throw e;
      }
    } finally {
      namespaces.forEach(Fd::close);
    }
  }

  private static Optional<MonitorGreeting> greeting(SeqpacketSocket link, Packet received)
      throws SyscallException {
    try (Packet packet = received) {
      boolean state = Message.type(packet.bytes()) == Message.STATE;
      Optional<Pidfd> pidfd = state ? packet.take().map(Pidfd::of) : Optional.empty();
      if (pidfd.isEmpty()) {
        return Optional.empty();
      }
      int pid = Message.State.read(packet.bytes()).pid();
      return Optional.of(new MonitorGreeting(link, pidfd.get(), pid));
    }
  }

  /** Its process runs, and to take it for lost would kill it. */
  private static void requireGone(String id, Path directory) throws IOException {
    Optional<SeqpacketSocket> again = connect(directory);
    if (again.isPresent()) {
      again.get().close();
      throw new IOException(
          "the monitor of "
              + id
              + " turns this daemon away, because it is not in the user, PID and mount namespaces of"
              + " the one that launched "
              + id
              + ", or of a build from before these were asked for; start the daemon as before, or"
              + " stop the container's processes yourself");
    }
  }
}
