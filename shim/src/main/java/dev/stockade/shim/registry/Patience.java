package dev.stockade.shim.registry;

import java.util.concurrent.ThreadLocalRandom;

/** How often and when something is tried again. */
final class Patience {
  private static final int TRIES = 5;
  private static final long FIRST_MILLIS = 500;

  private Patience() {}

  /** Something that may succeed later. */
  @FunctionalInterface
  interface Attempt<T> {
    T run() throws RegistryException, InterruptedException;
  }

  /** Tries until it succeeds, fails for good, or has been tried often enough. */
  static <T> T apply(Attempt<T> attempt) throws RegistryException, InterruptedException {
    for (int failures = 1; ; failures++) {
      try {
        return attempt.run();
      } catch (RegistryException e) {
        if (!e.mayPass() || failures == TRIES) {
          throw e;
        }
        pause(failures);
      }
    }
  }

  /** Twice as long after each failure, not the same for all who wait. */
  static void pause(int failures) throws InterruptedException {
    long most = FIRST_MILLIS << Math.min(failures - 1, 5);
    Thread.sleep(most / 2 + ThreadLocalRandom.current().nextLong(most / 2 + 1));
  }
}
