package dev.stockade.launcher.engine;

import dev.stockade.launcher.plan.Receipt;
import java.util.Arrays;
import java.util.Optional;

/** What a short process wrote and how it ended. */
public final class Output {
  private final byte[] standard;
  private final byte[] error;
  private final ExitStatus status;
  private final boolean timedOut;
  private final boolean truncated;
  private final Optional<Receipt> receipt;

  Output(byte[] standard, byte[] error, ExitStatus status, boolean timedOut, boolean truncated) {
    this(standard, error, status, timedOut, truncated, Optional.empty());
  }

  private Output(
      byte[] standard,
      byte[] error,
      ExitStatus status,
      boolean timedOut,
      boolean truncated,
      Optional<Receipt> receipt) {
    this.standard = standard;
    this.error = error;
    this.status = status;
    this.timedOut = timedOut;
    this.truncated = truncated;
    this.receipt = receipt;
  }

  Output of(Optional<Receipt> launched) {
    return new Output(standard, error, status, timedOut, truncated, launched);
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

  /** What was in effect when it was launched. */
  public Optional<Receipt> receipt() {
    return receipt;
  }
}
