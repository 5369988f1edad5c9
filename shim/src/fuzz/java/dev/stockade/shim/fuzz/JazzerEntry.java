package dev.stockade.shim.fuzz;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** What Jazzer calls, by these names, in a process of its own. */
public final class JazzerEntry {
  private static @Nullable FuzzTarget target;

  private JazzerEntry() {}

  /** Once, with the target's name as the only argument. */
  public static void fuzzerInitialize(String[] arguments) throws Exception {
    target = FuzzTargets.make(arguments[0]);
  }

  /** For each input. */
  public static void fuzzerTestOneInput(byte[] input) throws Exception {
    if (target != null) {
      target.take(input);
    }
  }

  /** At the end. */
  public static void fuzzerTearDown() throws IOException {
    if (target != null) {
      target.close();
    }
  }
}
