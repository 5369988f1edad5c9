package dev.stockade.shim.network;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs plugins as children of the test. */
final class ScriptRunner implements PluginRunner {
  @Override
  public Output run(Path program, Map<String, String> environment, byte[] input, Duration timeout)
      throws IOException {
    ProcessBuilder builder = new ProcessBuilder(program.toString());
    builder.environment().clear();
    builder.environment().putAll(environment);
    Process process = builder.start();
    process.getOutputStream().write(input);
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    String error = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
        throw new IOException(program + " took too long");
      }
    } catch (InterruptedException e) {
      throw new IOException("interrupted", e);
    }
    return new Output(process.exitValue(), output, error);
  }
}
