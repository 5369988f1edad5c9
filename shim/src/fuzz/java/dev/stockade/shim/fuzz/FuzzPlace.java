package dev.stockade.shim.fuzz;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where a target writes files: in memory if it can be, and the same place for all runs in a tree.
 */
public final class FuzzPlace {
  private static final Path MEMORY = Path.of("/dev/shm");

  private FuzzPlace() {}

  /** A directory that may not be there yet; seeds may have its name in them. */
  public static Path of(String target) {
    Path tree = Path.of("target/fuzz").toAbsolutePath();
    return Files.isWritable(MEMORY)
        ? MEMORY.resolve("stockade-fuzz-" + Integer.toHexString(tree.hashCode()) + "-" + target)
        : tree.resolve(target).resolve("place");
  }
}
