package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.Poller;
import dev.stockade.launcher.linux.SeqpacketSocket;
import dev.stockade.launcher.linux.SeqpacketSocket.Arrival;
import dev.stockade.launcher.linux.SyscallException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** The conversation with the monitor of a running process, followed by the poller until its end. */
final class Monitor implements AutoCloseable {
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(10);

  private final SeqpacketSocket socket;
  private final CompletableFuture<Optional<ExitStatus>> end = new CompletableFuture<>();
  private Poller.@Nullable Watch watch;
  private @Nullable CompletableFuture<Message.Done> answer;

  private Monitor(SeqpacketSocket socket) {
    this.socket = socket;
  }

  /** Takes ownership of the socket. */
  static Monitor follow(SeqpacketSocket socket, Poller poller) throws SyscallException {
    Monitor monitor = new Monitor(socket);
    synchronized (monitor) {
      monitor.watch = poller.watch(socket.fd(), monitor::hear);
    }
    return monitor;
  }

  /** Takes ownership of the socket of a monitor that has told the end already. */
  static Monitor ended(SeqpacketSocket socket, ExitStatus status) {
    Monitor monitor = new Monitor(socket);
    monitor.finish(Optional.of(status));
    return monitor;
  }

  /**
   * Completed with the status the monitor told, or with nothing when it was lost. Runs on the
   * poller's thread.
   */
  CompletableFuture<Optional<ExitStatus>> end() {
    return end;
  }

  private void hear() {
    try {
      SeqpacketSocket.Received received;
      synchronized (this) {
        if (watch == null) {
          return; // Closed by another thread after the poller had found something to hear.
        }
        received = socket.receive(Message.LENGTH_MAX, Duration.ZERO);
      }
      if (received.arrival() == Arrival.END) {
        finish(Optional.empty());
      } else if (received.packet().isPresent()) {
        try (SeqpacketSocket.Packet packet = received.packet().get()) {
          understand(packet.bytes());
        }
      }
    } catch (SyscallException e) {
      finish(Optional.empty());
    }
  }

  private void understand(ByteBuffer packet) {
    switch (Message.type(packet)) {
      case Message.EXITED -> finish(Optional.of(Message.exited(packet)));
      case Message.DONE -> answered(Message.Done.read(packet));
      case Message.MALFORMED -> finish(Optional.empty());
      default -> {
        // The protocol is append-only: a newer monitor may say more than this engine knows.
      }
    }
  }

  private synchronized void answered(Message.Done done) {
    if (answer != null) {
      answer.complete(done);
    }
  }

  private void finish(Optional<ExitStatus> status) {
    close();
    end.complete(status);
  }

  /** Sends a request and waits for its answer. One at a time. */
  void request(int type, byte[] message, List<Fd> descriptors) throws IOException {
    CompletableFuture<Message.Done> done = new CompletableFuture<>();
    synchronized (this) {
      if (answer != null) {
        throw new IllegalStateException("the monitor is busy with another request");
      }
      answer = done;
    }
    try {
      socket.send(message, descriptors);
      Message.Done reply = done.get(ANSWER_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
      if (reply.type() != type || reply.error() != 0) {
        throw new IOException("the monitor answered " + Errno.of(reply.error()));
      }
    } catch (ExecutionException | TimeoutException e) {
      throw new IOException("the monitor did not answer", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while the monitor answers", e);
    } finally {
      synchronized (this) {
        answer = null;
      }
    }
  }

  @Override
  public synchronized void close() {
    if (watch != null) {
      watch.close();
      watch = null;
    }
    socket.close();
    if (answer != null) {
      answer.completeExceptionally(new IOException("the monitor is gone"));
    }
  }
}
