package dev.stockade.launcher.engine;

import java.util.Arrays;

/** What a short process wrote and how it ended. */
public final class Output {
  private final byte[] standard;
  private final byte[] error;
  private final ExitStatus status;
  private final boolean timedOut;
  private final boolean truncated;

  Output(byte[] standard, byte[] error, ExitStatus status, boolean timedOut, boolean truncated) {
    this.standard = standard;
    this.error = error;
    this.status = status;
    this.timedOut = timedOut;
    this.truncated = truncated;
  }

  /** Standard output, as far as it was kept. */
  public byte[] standard() {
    return Arrays.copyOf(standard, standard.length);
  }

  /** Standard error, likewise. */
  public byte[] error() {
    return Arrays.copyOf(error, error.length);
  }

  public ExitStatus status() {
    return status;
  }

  /** Whether it was killed because its time was over. */
  public boolean timedOut() {
    return timedOut;
  }

  /** Whether more was written than is kept. */
  public boolean truncated() {
    return truncated;
  }
}
