package dev.stockade.shim.registry;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * How often something is tried and how long is waited in between.
 *
 * @param longest what is waited for a host that says when it wants to be asked again; one that
 *     wants more is not asked again
 */
record Patience(int tries, Duration longest) {
  /** With a host that is the last to ask. */
  static final Patience LAST = new Patience(5, Duration.ofSeconds(60));

  /** With a host that others come after, which are asked sooner than this one again. */
  static final Patience OTHERS_AFTER = new Patience(2, Duration.ofSeconds(2));

  private static final long FIRST_MILLIS = 500;

  /** Something that may succeed later. */
  @FunctionalInterface
  interface Attempt<T> {
    T run() throws RegistryException, InterruptedException;
  }

  /** Tries until it succeeds, fails for good, or has been tried often enough. */
  <T> T apply(Attempt<T> attempt) throws RegistryException, InterruptedException {
    for (int failures = 1; ; failures++) {
      try {
        return attempt.run();
      } catch (RegistryException e) {
        Duration wanted = e.wanted().orElse(Duration.ZERO);
        if (!e.mayPass() || failures == tries || wanted.compareTo(longest) > 0) {
          throw e;
        }
        pause(failures, wanted);
      }
    }
  }

  /** Twice as long after each failure, not the same for all who wait. */
  static void pause(int failures, Duration least) throws InterruptedException {
    long most = FIRST_MILLIS << Math.min(failures - 1, 5);
    long own = most / 2 + ThreadLocalRandom.current().nextLong(most / 2 + 1);
    Thread.sleep(Math.max(own, least.toMillis()));
  }
}
