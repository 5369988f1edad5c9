package dev.stockade.shim.daemon;

import io.grpc.StatusRuntimeException;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Pulls an image, moves a tag and removes the image, again and again, until the daemon is killed in
 * the middle.
 */
final class PulledAndRemoved {
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(60L * Wait.PATIENCE);

  private final Map<Call, Runnable> work;
  private final Map<Call, Long> nanos = new EnumMap<>(Call.class);
  private Call now = Call.REMOVE;
  private boolean over;

  /** One of them; the next one follows. */
  enum Call {
    PULL,
    /** A pull under a tag that another image has. */
    MOVE,
    REMOVE
  }

  PulledAndRemoved(Map<Call, Runnable> work) {
    this.work = new EnumMap<>(work);
  }

  /**
   * Kills the daemon within a call, which takes about as long as the last one of its kind.
   *
   * @param when how far the call is, from 0 to 1
   * @return the call that was broken off
   */
  Call killWithin(Call aim, double when, DaemonProcess daemon) throws InterruptedException {
    Thread caller = new Thread(this::callUntilTheDaemonDies, "caller");
    caller.start();
    long delay = (long) (when * awaitBeginning(aim));
    TimeUnit.NANOSECONDS.sleep(delay);
    daemon.kill();
    caller.join();
    return now;
  }

  private void callUntilTheDaemonDies() {
    try {
      while (true) {
        for (Map.Entry<Call, Runnable> each : work.entrySet()) {
          long began = begin(each.getKey());
          each.getValue().run();
          end(each.getKey(), System.nanoTime() - began);
        }
      }
    } catch (StatusRuntimeException e) {
      // The daemon is gone. A call that failed before that would fail afterwards as well.
      synchronized (this) {
        over = true;
        notifyAll();
      }
    }
  }

  private synchronized long begin(Call call) {
    now = call;
    notifyAll();
    return System.nanoTime();
  }

  private synchronized void end(Call call, long took) {
    nanos.put(call, took);
  }

  /** Waits for a call to begin whose kind has been seen; returns what that took. */
  private synchronized long awaitBeginning(Call aim) throws InterruptedException {
    long end = System.nanoTime() + PATIENCE;
    while (now != aim || !nanos.containsKey(aim)) {
      long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
      if (over || left <= 0) {
        throw new AssertionError("no call to " + aim + ": " + nanos);
      }
      wait(left);
    }
    return nanos.getOrDefault(aim, 0L);
  }
}
