package dev.stockade.shim.network;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/**
 * Executes a CNI plugin outside this process, in the host's namespaces, bounded in time and output.
 */
public interface PluginRunner {
  /**
   * Runs the program with exactly this environment and standard input and waits for its end.
   *
   * @throws IOException when it could not be run, took longer than the timeout or printed too much
   */
  Output run(Path program, Map<String, String> environment, byte[] input, Duration timeout)
      throws IOException;

  /**
   * What a plugin left.
   *
   * @param exitCode 0, or 128 plus the signal that ended it
   * @param standardError its tail, for people
   */
  record Output(int exitCode, String standardOutput, String standardError) {}
}
