package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.Pidfd;
import dev.stockade.launcher.linux.Poller;
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

  private record Link(SeqpacketSocket socket, int pid, Pidfd process, Poller.Watch watch) {
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
    }
  }

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

  private synchronized Link link() throws IOException, LaunchFailure {
    if (link == null) {
      ServeStart.Greeted greeted = start.greet();
      link = link(greeted.socket(), greeted.pid());
    }
    return link;
  }

  private Link link(SeqpacketSocket socket, int pid) throws SyscallException {
    try {
      Pidfd process = Pidfd.open(pid);
      try {
        return new Link(socket, pid, process, poller.watch(socket.fd(), () -> hear(socket)));
      } catch (SyscallException e) {
        process.close();
        throw e;
      }
    } catch (SyscallException e) {
      socket.close();
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

  /** Sends one order; a serve found dead is replaced once. The tag it went under. */
  long send(Order order, List<Fd> descriptors) throws IOException, LaunchFailure {
    long tag = tags.getAndIncrement();
    Link first = link();
    try {
      first.send(order.bytes(tag), descriptors);
    } catch (SyscallException e) {
      if (!e.is(Errno.EPIPE) && !e.is(Errno.ECONNRESET)) {
        throw e;
      }
      drop(first.socket());
      link().send(order.bytes(tag), descriptors);
    }
    return tag;
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
