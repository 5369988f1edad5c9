package dev.stockade.shim.cli;

/** Does something when this program is interrupted or terminated while the guard is up. */
final class InterruptGuard implements AutoCloseable {
  private final Thread hook;
  private volatile boolean struck;

  private InterruptGuard(Runnable action) {
    hook =
        new Thread(
            () -> {
              struck = true;
              try {
                action.run();
              } catch (CommandFailure e) {
                System.err.println("stockade: " + e.text());
              }
            },
            "interrupted");
  }

  static InterruptGuard over(Runnable action) {
    InterruptGuard guard = new InterruptGuard(action);
    Runtime.getRuntime().addShutdownHook(guard.hook);
    return guard;
  }

  /** Whether the program is being ended; if so, returns when the action is done. */
  boolean struck() {
    while (struck && hook.isAlive()) {
      try {
        hook.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return true;
      }
    }
    return struck;
  }

  /** Takes the guard down. */
  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The program is ending and the action under way: let it come to its end.
      boolean unused = struck();
    }
  }
}
