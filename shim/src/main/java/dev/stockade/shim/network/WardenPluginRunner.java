package dev.stockade.shim.network;

import dev.stockade.launcher.engine.HelperRunner;
import dev.stockade.launcher.engine.LaunchFailure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Has warden run the plugins, because nothing may be a child of this JVM. */
public final class WardenPluginRunner implements PluginRunner {
  private static final int OUTPUT_LIMIT = 1 << 20;

  private final HelperRunner helpers;

  public WardenPluginRunner(HelperRunner helpers) {
    this.helpers = helpers;
  }

  @Override
  public Output run(Path program, Map<String, String> environment, byte[] input, Duration timeout)
      throws IOException {
    List<String> variables =
        environment.entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).toList();
    try {
      dev.stockade.launcher.engine.Output output =
          helpers.run(List.of(program.toString()), variables, input, timeout, OUTPUT_LIMIT);
      if (output.timedOut()) {
        throw new IOException(program + " took longer than " + timeout.toSeconds() + " s");
      }
      if (output.truncated()) {
        throw new IOException(program + " printed more than " + OUTPUT_LIMIT + " bytes");
      }
      return new Output(
          output.status().code(),
          new String(output.standard(), StandardCharsets.UTF_8),
          new String(output.error(), StandardCharsets.UTF_8));
    } catch (LaunchFailure e) {
      throw new IOException(String.valueOf(e.getMessage()), e);
    }
  }
}
