package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.Pidfd;
import dev.stockade.launcher.linux.Poller;
import dev.stockade.launcher.linux.ProcDirectory;
import dev.stockade.launcher.linux.SeqpacketSocket;
import dev.stockade.launcher.linux.SeqpacketSocket.Arrival;
import dev.stockade.launcher.linux.SyscallException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The conversation with warden serve: it is found or started, and found or started again when it is
 * gone.
 */
final class Serve implements AutoCloseable {
  private static final int REFUSED_MAX = 1024;
  private static final int CONTINUE = 18;

  private final ServeStart start;
  private final Poller poller;
  private final AtomicLong tags = new AtomicLong(1);
  private final Map<Long, Integer> refused = new ConcurrentHashMap<>();
  private @Nullable Link link;

  /**
   * @param image what it runs from
   * @param origin what everything it forks begins with
   */
  private record Link(
      SeqpacketSocket socket, int pid, Pidfd process, Fd image, Origin origin, Poller.Watch watch) {
    /**
     * Sends one message. A serve that somebody stopped goes on: that is the one signal besides
     * SIGKILL which it cannot refuse.
     */
    void send(byte[] message, List<Fd> descriptors) throws SyscallException {
      process.signal(CONTINUE);
      socket.send(message, descriptors);
    }

    void close() {
      watch.close();
      socket.close();
      process.close();
      image.close();
    }
  }

  /**
   * What a monitor has from the serve that forked it, and the child from the monitor.
   *
   * @param mounts inode of the mount namespace
   * @param limits what serve could reset its limits to
   */
  record Origin(long mounts, LimitsFile limits) {}

  /**
   * An order that was sent.
   *
   * @param origin that of its monitor
   */
  record Sent(long tag, Origin origin) {}

  private Serve(ServeStart start, Poller poller) {
    this.start = start;
    this.poller = poller;
  }

  static Serve open(Directory run, LauncherConfig config, Optional<String> cgroup, Poller poller)
      throws IOException, LaunchFailure {
    Serve serve = new Serve(new ServeStart(run, config, cgroup), poller);
    serve.link();
    return serve;
  }

  /** The pid of the running serve. */
  int pid() throws IOException, LaunchFailure {
    return link().pid();
  }

  /** What serve runs from; the caller closes it. */
  synchronized Fd image() throws IOException, LaunchFailure {
    return link().image().duplicate();
  }

  private synchronized Link link() throws IOException, LaunchFailure {
    if (link == null) {
      ServeStart.Greeted greeted = start.greet();
      link = link(greeted.socket(), greeted.pid());
    }
    return link;
  }

  private Link link(SeqpacketSocket socket, int pid) throws IOException {
    @Nullable Pidfd process = null;
    @Nullable Fd image = null;
    try {
      process = Pidfd.open(pid);
      try (ProcDirectory proc = ProcDirectory.open(pid)) {
        image = proc.follow("exe", false);
        LimitsFile limits = new LimitsFile(proc.read("limits", LimitsFile.LENGTH_MAX));
        Origin origin = new Origin(proc.namespace("ns/mnt"), limits);
        if (!process.alive()) {
          throw new IOException("warden serve, pid " + pid + ", ended at once");
        }
        return new Link(
            socket, pid, process, image, origin, poller.watch(socket.fd(), () -> hear(socket)));
      }
    } catch (IOException e) {
      socket.close();
      if (process != null) {
        process.close();
      }
      if (image != null) {
        image.close();
      }
      throw e;
    }
  }

  private synchronized void drop(SeqpacketSocket socket) {
    if (link != null && link.socket() == socket) {
      link.close();
      link = null;
    }
  }

  private void hear(SeqpacketSocket socket) {
    try {
      SeqpacketSocket.Received received =
          socket.receive(Message.LENGTH_MAX, java.time.Duration.ZERO);
      if (received.arrival() == Arrival.END) {
        drop(socket);
      }
      if (received.packet().isPresent()) {
        try (SeqpacketSocket.Packet packet = received.packet().get()) {
          note(packet.bytes());
        }
      }
    } catch (SyscallException e) {
      drop(socket);
    } catch (IllegalStateException e) {
      if (isCurrent(socket)) {
        throw e; // Otherwise a sender has dropped it meanwhile.
      }
    }
  }

  private void note(ByteBuffer packet) {
    if (Message.type(packet) == Message.LAUNCHED) {
      Message.Launched launched = Message.Launched.read(packet);
      if (launched.error() != 0 && refused.size() < REFUSED_MAX) {
        refused.put(launched.tag(), launched.error());
      }
    }
  }

  /** Why serve could not fork for this order, if it said so. */
  Optional<Errno> refusal(long tag) {
    Integer error = refused.remove(tag);
    return Optional.ofNullable(error).map(Errno::of);
  }

  @FunctionalInterface
  interface Order {
    byte[] bytes(long tag);
  }

  /** Sends one order; a serve found dead is replaced once. */
  Sent send(Order order, List<Fd> descriptors) throws IOException, LaunchFailure {
    long tag = tags.getAndIncrement();
    Link to = link();
    if (!sent(to, order.bytes(tag), descriptors)) {
      drop(to.socket());
      to = link();
      to.send(order.bytes(tag), descriptors);
    }
    return new Sent(tag, to.origin());
  }

  /** False when serve is gone, whether or not the poller has dropped the link already. */
  private boolean sent(Link to, byte[] message, List<Fd> descriptors) throws SyscallException {
    try {
      to.send(message, descriptors);
      return true;
    } catch (SyscallException e) {
      if (!e.is(Errno.EPIPE) && !e.is(Errno.ECONNRESET)) {
        throw e;
      }
    } catch (IllegalStateException e) {
      if (isCurrent(to.socket())) {
        throw e;
      }
    }
    return false;
  }

  private synchronized boolean isCurrent(SeqpacketSocket socket) {
    return link != null && link.socket() == socket;
  }

  /** Tells it to end; its monitors stay. */
  synchronized void quit() throws SyscallException {
    if (link != null) {
      link.send(Message.plain(Message.QUIT), List.of());
    }
  }

  @Override
  public synchronized void close() {
    if (link != null) {
      link.close();
      link = null;
    }
  }
}
