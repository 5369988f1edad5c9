package dev.stockade.shim.daemon;

import java.time.Duration;

/** Waits for what is to come true, and never longer than it must. */
public final class Wait {
  private static final Duration PAUSE = Duration.ofMillis(10);
  private static final int SECONDS = 60;

  /** How many times slower than usual a machine may be: {@code -Dstockade.patience=10}. */
  static final int PATIENCE = Integer.getInteger("stockade.patience", 1);

  private Wait() {}

  /** What is waited for. */
  @FunctionalInterface
  public interface Condition {
    boolean holds() throws Exception;
  }

  public static void until(String what, Condition condition) throws Exception {
    until(what, SECONDS, condition);
  }

  static void until(String what, int seconds, Condition condition) throws Exception {
    long end = System.nanoTime() + Duration.ofSeconds((long) seconds * PATIENCE).toNanos();
    while (!condition.holds()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("waited " + seconds * PATIENCE + " s in vain for " + what);
      }
      Thread.sleep(PAUSE.toMillis());
    }
  }
}
