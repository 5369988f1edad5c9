package dev.stockade.shim.cli;

import dev.stockade.shim.config.ConfigException;
import dev.stockade.shim.config.ConfigLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The socket that the daemon's configuration names. */
final class ConfiguredSocket {
  private static final Path BUILT_IN = Path.of("/run/stockade/stockade.sock");

  private ConfiguredSocket() {}

  /**
   * Reads the configuration only where there is one, because the classes that do it take longer to
   * load than a short command runs.
   *
   * @param file named on the command line
   */
  static Path of(Optional<Path> file) {
    boolean any = file.isPresent() || exists(ConfigLoader.DEFAULT_FILE);
    return any ? read(file) : BUILT_IN;
  }

  private static boolean exists(Path file) {
    return Files.exists(file) || Files.exists(file.resolveSibling(file.getFileName() + ".d"));
  }

  private static Path read(Optional<Path> file) {
    try {
      return ConfigLoader.load(file, List.of()).socket();
    } catch (ConfigException e) {
      throw CommandFailure.usage(
          "the daemon's configuration is not valid, so its socket is not known; name it with"
              + " --socket\n"
              + e.getMessage());
    }
  }
}
