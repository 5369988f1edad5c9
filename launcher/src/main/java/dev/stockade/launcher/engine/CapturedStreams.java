package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.Poller;
import dev.stockade.launcher.linux.SyscallException;

/** Standard output and standard error of a short process, both being collected. */
final class CapturedStreams implements AutoCloseable {
  private final Capture standard;
  private final Capture error;

  private CapturedStreams(Capture standard, Capture error) {
    this.standard = standard;
    this.error = error;
  }

  /** Takes ownership of the read ends. */
  static CapturedStreams start(Fd standard, Fd error, int limit, Poller poller)
      throws SyscallException {
    Capture first;
    try {
      first = Capture.start(standard, limit, poller);
    } catch (SyscallException e) {
      error.close();
      throw e;
    }
    try {
      return new CapturedStreams(first, Capture.start(error, limit, poller));
    } catch (SyscallException e) {
      first.close();
      throw e;
    }
  }

  /** What was written until the end. */
  Output finish(ExitStatus status, boolean timedOut) {
    byte[] output = standard.finish();
    byte[] complaint = error.finish();
    boolean truncated = standard.truncated() || error.truncated();
    return new Output(output, complaint, status, timedOut, truncated);
  }

  @Override
  public void close() {
    standard.close();
    error.close();
  }
}
