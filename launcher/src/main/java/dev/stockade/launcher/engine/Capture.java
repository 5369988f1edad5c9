package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.Poller;
import dev.stockade.launcher.linux.SyscallException;
import java.io.ByteArrayOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Collects what comes out of a pipe up to a limit and reads on without keeping the rest, so that no
 * writer is blocked.
 */
final class Capture implements AutoCloseable {
  private static final int CHUNK = 64 * 1024;
  private static final int DRAIN_MAX = 1024;

  private final Fd pipe;
  private final int limit;
  private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
  private final byte[] chunk = new byte[CHUNK];
  private boolean truncated;
  private Poller.@Nullable Watch watch;

  private Capture(Fd pipe, int limit) {
    this.pipe = pipe;
    this.limit = limit;
  }

  /** Takes ownership of the read end. */
  static Capture start(Fd pipe, int limit, Poller poller) throws SyscallException {
    Capture capture = new Capture(pipe, limit);
    try {
      pipe.nonBlocking();
      synchronized (capture) {
        capture.watch = poller.watch(pipe, capture::hear);
      }
      return capture;
    } catch (SyscallException e) {
      pipe.close();
      throw e;
    }
  }

  private synchronized void hear() {
    if (watch != null && !more()) {
      close();
    }
  }

  /** One read; false at the end. */
  private boolean more() {
    try {
      int got = pipe.readAvailable(chunk);
      int room = Math.min(Math.max(got, 0), limit - kept.size());
      kept.write(chunk, 0, room);
      truncated |= got > room;
      lastRead = got;
      return got >= 0;
    } catch (SyscallException e) {
      return false;
    }
  }

  private int lastRead;

  /**
   * What was written. The writer has ended, so all of it is in the pipe; others may hold the pipe
   * and write on, so reading stops when it is empty for the first time.
   */
  synchronized byte[] finish() {
    for (int i = 0; watch != null && i < DRAIN_MAX; i++) {
      if (!more() || lastRead == 0) {
        break;
      }
    }
    close();
    return kept.toByteArray();
  }

  /** Whether more came than was kept. */
  synchronized boolean truncated() {
    return truncated;
  }

  @Override
  public synchronized void close() {
    if (watch != null) {
      watch.close();
      watch = null;
    }
    pipe.close();
  }
}
