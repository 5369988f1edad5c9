package dev.stockade.shim.journal;

/**
 * Makes every {@link System.Logger} of the process a {@link Journal}. Found as a service, because
 * java.util.logging, the default behind them, falls silent when the process begins to end.
 */
public final class JournalFinder extends System.LoggerFinder {
  /** Called by the service loader. */
  public JournalFinder() {}

  @Override
  public System.Logger getLogger(String name, Module module) {
    return Journal.named(name);
  }
}
