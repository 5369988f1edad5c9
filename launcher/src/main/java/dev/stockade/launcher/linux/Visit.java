package dev.stockade.launcher.linux;

import java.io.IOException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Work in other namespaces: on a thread of its own, which ends with it, because what a thread has
 * entered the JVM cannot make it leave for certain.
 */
final class Visit {
  private Visit() {}

  @FunctionalInterface
  interface Work<T> {
    T run() throws IOException;
  }

  /** Returns when the work is done, interrupted or not, so that what it opened has an owner. */
  static <T> T run(Work<T> work) throws IOException {
    FutureTask<T> visit = new FutureTask<>(work::run);
    Thread thread = new Thread(visit, "namespace-visit");
    thread.setDaemon(true);
    thread.start();
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return visit.get();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException failure) {
        throw failure;
      }
      throw new IllegalStateException(e.getCause());
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
