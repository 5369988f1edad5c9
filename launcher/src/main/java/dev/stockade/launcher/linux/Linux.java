package dev.stockade.launcher.linux;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Loads the native side once; call before readiness because the first call costs a quarter of a
 * second.
 */
public final class Linux {
  private Linux() {}

  /**
   * Loads with the shared library extracted under a private directory, made if missing; returns the
   * time it took.
   *
   * @throws IOException if others may write to the directory and so could exchange the library
   */
  public static Duration load(Path directory) throws IOException {
    NativeLibrary.base(directory);
    return load();
  }

  /** Loads, or does nothing when that was done; returns the time it took. */
  public static Duration load() {
    long start = System.nanoTime();
    try (Scratch scratch = Scratch.open()) {
      scratch.zeroed(8);
      if (Kernel.call(Syscall.GETPID) <= 0) {
        throw new IllegalStateException("getpid failed: the native library is unusable");
      }
    }
    return Duration.ofNanos(System.nanoTime() - start);
  }

  /** This process as the kernel numbers it. */
  public static int pid() {
    return (int) Kernel.call(Syscall.GETPID);
  }

  public static boolean root() {
    return Kernel.call(Syscall.GETEUID) == 0;
  }
}
