package dev.stockade.shim.daemon;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads that do the work of calls. A call may wait for a process, so there are as many as
 * calls under way, up to a bound.
 */
final class Workers {
  /** More calls at once than a node with a thousand containers being stopped together. */
  private static final int MOST = 2048;

  private static final int IDLE_SECONDS = 30;
  private static final long STACK_BYTES = 512 << 10;

  private Workers() {}

  static ExecutorService start(String name) {
    AtomicInteger count = new AtomicInteger();
    ThreadFactory factory =
        work -> {
          Thread thread = new Thread(null, work, name + count.incrementAndGet(), STACK_BYTES);
          thread.setDaemon(true);
          return thread;
        };
    return new ThreadPoolExecutor(
        2, MOST, IDLE_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(), factory);
  }
}
