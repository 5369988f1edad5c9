package dev.stockade.shim.cli;

import dev.stockade.cri.v1.ContainerState;
import dev.stockade.cri.v1.ContainerStatus;
import dev.stockade.cri.v1.ContainerStatusRequest;
import dev.stockade.cri.v1.ContainerStatusResponse;
import dev.stockade.shim.cli.log.ContainerLog;
import dev.stockade.shim.cli.log.LogPrinter;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Watches one container to its end. CRI has no call that waits, so this asks again and again. */
final class ContainerWatch {
  private static final long SHORTEST_PAUSE_MS = 2;
  private static final long LONGEST_PAUSE_MS = 100;

  private final Daemon daemon;
  private final String id;

  ContainerWatch(Daemon daemon, String id) {
    this.daemon = daemon;
    this.id = id;
  }

  /** The container now. */
  ContainerStatus status() {
    return status(false).getStatus();
  }

  /** The container now; {@code verbose} with the spec, plan and receipt. */
  ContainerStatusResponse status(boolean verbose) {
    ContainerStatusRequest request =
        ContainerStatusRequest.newBuilder().setContainerId(id).setVerbose(verbose).build();
    return daemon.ask("show container " + id, () -> daemon.runtime().containerStatus(request));
  }

  /** The container's log file on this machine. */
  Path logPath() {
    String path = status().getLogPath();
    if (path.isEmpty()) {
      throw CommandFailure.of("container " + id + " keeps no log");
    }
    return Path.of(path);
  }

  /** Prints the log as it grows until the container has ended, and returns how it ended. */
  ContainerStatus follow(ContainerLog log, LogPrinter printer) throws IOException {
    long pause = SHORTEST_PAUSE_MS;
    while (true) {
      // Asked before reading: all that was written is in the log before the end is reported.
      ContainerStatus status = status();
      boolean any = read(log, printer);
      if (status.getState() == ContainerState.CONTAINER_EXITED
          || status.getState() == ContainerState.CONTAINER_UNKNOWN) {
        return status;
      }
      pause = any ? SHORTEST_PAUSE_MS : Math.min(pause * 2, LONGEST_PAUSE_MS);
      sleep(pause);
    }
  }

  private static boolean read(ContainerLog log, LogPrinter printer) throws IOException {
    try {
      boolean any = log.readOn(printer);
      printer.flush();
      return any;
    } catch (NoSuchFileException e) {
      // Not started yet, or between the renaming and the new file.
      return false;
    }
  }

  private static void sleep(long milliseconds) {
    try {
      Thread.sleep(milliseconds);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw CommandFailure.of("interrupted", e);
    }
  }
}
