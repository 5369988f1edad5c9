package dev.stockade.launcher.plan;

/**
 * What the process's standard streams are.
 *
 * @param terminal whether they are a terminal
 * @param stdin whether standard input is a pipe (or the terminal) instead of the null device
 * @param output where the output goes
 */
public record IoMode(boolean terminal, boolean stdin, Output output) {
  /** No input, output to the log. */
  public static final IoMode LOGGED = new IoMode(false, false, Output.LOG);

  /** No input, output to the engine. */
  public static final IoMode CAPTURED = new IoMode(false, false, Output.CAPTURE);

  /** No input and no output. */
  public static final IoMode NULL = new IoMode(false, false, Output.DISCARD);

  /** Where output goes. */
  public enum Output {
    /** Through the monitor to the CRI log. */
    LOG,
    /** To the engine, which holds the other ends of the pipes. */
    CAPTURE,
    /** Nowhere. */
    DISCARD
  }
}
