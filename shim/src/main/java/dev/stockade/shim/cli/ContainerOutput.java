package dev.stockade.shim.cli;

import dev.stockade.cri.v1.ContainerState;
import dev.stockade.cri.v1.ContainerStatus;
import dev.stockade.shim.cli.log.ContainerLog;
import dev.stockade.shim.cli.log.LogPrinter;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** A container's output, printed until the container has ended. */
final class ContainerOutput implements Closeable {
  private final ContainerView view;
  private final ContainerLog log;
  private final LogPrinter printer;
  private ContainerStatus status = ContainerStatus.getDefaultInstance();

  ContainerOutput(ContainerView view, Path log, LogPrinter printer) {
    this.view = view;
    this.log = new ContainerLog(log);
    this.printer = printer;
  }

  ContainerView view() {
    return view;
  }

  /** The container when it was last looked at. */
  ContainerStatus status() {
    return status;
  }

  /** Whether it had ended when it was last looked at. */
  boolean hasEnded() {
    return status.getState() == ContainerState.CONTAINER_EXITED
        || status.getState() == ContainerState.CONTAINER_UNKNOWN;
  }

  /** How many records were damaged and left out. */
  long damaged() {
    return log.damaged();
  }

  /** Prints all there is from before, or the last lines if {@code tail} is not negative. */
  void printPast(long tail) throws IOException {
    if (tail >= 0) {
      log.readTail(tail, printer);
    } else {
      log.readRotated(printer);
      log.readOn(printer);
    }
    printer.flush();
  }

  /** Looks at the container and then prints what it wrote; whether there was anything. */
  boolean step() throws IOException {
    // In this order: all that was written is in the log before the end is reported.
    status = view.status();
    try {
      boolean any = log.readOn(printer);
      printer.flush();
      return any;
    } catch (NoSuchFileException e) {
      // Not started yet, or between the renaming of a full log and the new file.
      return false;
    }
  }

  @Override
  public void close() throws IOException {
    log.close();
  }
}
