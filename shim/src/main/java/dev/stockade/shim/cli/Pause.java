package dev.stockade.shim.cli;

/** Waits between two looks at something: short while things happen, longer while they do not. */
final class Pause {
  private static final long SHORTEST_MS = 2;
  private static final long LONGEST_MS = 100;

  private long milliseconds = SHORTEST_MS;

  void after(boolean anythingHappened) {
    milliseconds = anythingHappened ? SHORTEST_MS : Math.min(milliseconds * 2, LONGEST_MS);
    try {
      Thread.sleep(milliseconds);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw CommandFailure.of("interrupted", e);
    }
  }
}
