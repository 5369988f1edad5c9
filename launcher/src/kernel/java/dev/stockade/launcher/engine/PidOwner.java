package dev.stockade.launcher.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** A process that has the pid another one had. */
final class PidOwner implements AutoCloseable {
  private static final Path LAST = Path.of("/proc/sys/kernel/ns_last_pid");
  private static final int SECONDS = 30;

  private final Process process;

  private PidOwner(Process process) {
    this.process = process;
  }

  /**
   * The kernel gives the next number behind the last that is free; others fork too, so it is tried
   * again.
   */
  static PidOwner take(int pid) throws IOException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
    while (System.nanoTime() < end) {
      Files.writeString(LAST, String.valueOf(pid - 1));
      Process process = new ProcessBuilder("sleep", "60").start();
      if (process.pid() == pid) {
        return new PidOwner(process);
      }
      process.destroyForcibly();
    }
    throw new AssertionError("pid " + pid + " was not to be had");
  }

  boolean isAlive() {
    return process.isAlive();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
