package dev.stockade.shim.registry;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A body that ends when nothing comes or nobody waits for it any more: one of java.net.http waits
 * for ever, and in Java 17 no interrupt ends that.
 */
final class WatchedStream extends FilterInputStream {
  private static final long LOOK_MILLIS = 200;
  private static final ScheduledThreadPoolExecutor CLOCK = clock();

  private final Watch watch;
  private final boolean whole;
  private volatile long since;
  private volatile @Nullable IOException end;
  private volatile boolean over;

  /**
   * Watches a body until it is closed or has ended.
   *
   * @param whole whether patience is for all of it rather than for each read
   */
  WatchedStream(InputStream body, Watch watch, boolean whole) {
    super(body);
    this.watch = watch;
    this.whole = whole;
    this.since = whole ? now() : 0;
    lookLater();
  }

  private static ScheduledThreadPoolExecutor clock() {
    return new ScheduledThreadPoolExecutor(
        1,
        work -> {
          Thread thread = new Thread(work, "registry-watch");
          thread.setDaemon(true);
          return thread;
        });
  }

  /** How many bodies are watched; one that is closed is for a moment longer. */
  static int watched() {
    return CLOCK.getQueue().size() + CLOCK.getActiveCount();
  }

  private void lookLater() {
    var unused = CLOCK.schedule(this::look, LOOK_MILLIS, TimeUnit.MILLISECONDS);
  }

  /** Never zero, which is for no read. */
  private static long now() {
    return System.nanoTime() | 1;
  }

  private void look() {
    if (over) {
      return;
    }
    long began = since;
    boolean stalls = began != 0 && now() - began > watch.patience().toNanos();
    if (!stalls && !watch.call().cancelled()) {
      lookLater();
      return;
    }
    end = stalls ? new IOException(complaint()) : RegistryException.cancelled();
    try {
      super.close();
    } catch (IOException e) {
      // It is not wanted any more, and the reader is told.
    }
  }

  private String complaint() {
    long seconds = watch.patience().toSeconds();
    return whole ? "not all of it came in " + seconds + " s" : "nothing came for " + seconds + " s";
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    if (!whole) {
      since = now();
    }
    try {
      int count = super.read(target, offset, length);
      if (end != null) {
        throw end;
      }
      return count;
    } catch (IOException e) {
      IOException why = end;
      throw why == null ? e : why;
    } finally {
      if (!whole) {
        since = 0;
      }
    }
  }

  @Override
  public void close() throws IOException {
    over = true;
    super.close();
  }
}
