package dev.stockade.shim.cli;

import dev.stockade.shim.config.Config;
import java.nio.file.Path;
import java.util.Map;

/** Where the static binary is. */
final class WardenPath {
  private static final String VARIABLE = "STOCKADE_WARDEN";
  private static final Path INSTALLED = Path.of("/usr/lib/stockade/warden");

  private WardenPath() {}

  /** The configuration's, else that of the environment, else where packages put it. */
  static Path of(Config config, Map<String, String> environment) {
    String named = environment.getOrDefault(VARIABLE, "");
    return config.launch().warden().orElse(named.isEmpty() ? INSTALLED : Path.of(named));
  }
}
