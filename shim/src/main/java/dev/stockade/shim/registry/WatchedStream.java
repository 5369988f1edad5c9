package dev.stockade.shim.registry;

import dev.stockade.shim.call.Call;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
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

  private final Duration patience;
  private final Call call;
  private final ScheduledFuture<?> watch;
  private volatile long since;
  private volatile @Nullable RegistryException end;

  /**
   * Watches a body.
   *
   * @param patience how long one read may take
   */
  WatchedStream(InputStream body, Duration patience, Call call) {
    super(body);
    this.patience = patience;
    this.call = call;
    this.watch =
        CLOCK.scheduleWithFixedDelay(this::look, LOOK_MILLIS, LOOK_MILLIS, TimeUnit.MILLISECONDS);
  }

  private static ScheduledThreadPoolExecutor clock() {
    ScheduledThreadPoolExecutor clock =
        new ScheduledThreadPoolExecutor(
            1,
            work -> {
              Thread thread = new Thread(work, "registry-watch");
              thread.setDaemon(true);
              return thread;
            });
    clock.setRemoveOnCancelPolicy(true);
    return clock;
  }

  private void look() {
    long began = since;
    boolean stalls = began != 0 && System.nanoTime() - began > patience.toNanos();
    if (end == null && (stalls || call.cancelled())) {
      end =
          stalls
              ? new RegistryException(
                  RegistryException.Kind.UNAVAILABLE,
                  "nothing came for " + patience.toSeconds() + " s")
              : RegistryException.cancelled();
      try {
        super.close();
      } catch (IOException e) {
        // It is not wanted any more, and the reader is told.
      }
    }
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    since = System.nanoTime() | 1;
    try {
      int count = super.read(target, offset, length);
      if (end != null) {
        throw end;
      }
      return count;
    } catch (IOException e) {
      RegistryException why = end;
      throw why == null ? e : why;
    } finally {
      since = 0;
    }
  }

  @Override
  public void close() throws IOException {
    watch.cancel(false);
    super.close();
  }
}
