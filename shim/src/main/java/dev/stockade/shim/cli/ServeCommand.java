package dev.stockade.shim.cli;

import dev.stockade.launcher.engine.LaunchFailure;
import dev.stockade.shim.config.Config;
import dev.stockade.shim.config.ConfigException;
import dev.stockade.shim.config.ConfigLoader;
import dev.stockade.shim.config.FlagValue;
import dev.stockade.shim.daemon.Serving;
import dev.stockade.shim.image.ImageException;
import dev.stockade.shim.journal.JournalOutput;
import dev.stockade.shim.registry.Proxies;
import dev.stockade.shim.registry.RegistryException;
import dev.stockade.shim.signature.SignaturePolicy;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code stockade serve}. */
@Command(
    name = "serve",
    description = {
      "Runs the daemon: serves the Container Runtime Interface until it is told to end.",
      "Pods and containers run on without it; the next daemon finds them again.",
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  stockade serve",
      "  stockade serve --config /etc/stockade/config.toml --set log.level=debug",
    })
final class ServeCommand implements Callable<Integer> {
  private final Stockade stockade;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "A key of the configuration, over every file; may be repeated.")
  private Map<String, String> settings = new LinkedHashMap<>();

  @Option(names = "--check", description = "Only check the configuration.")
  private boolean check;

  ServeCommand(Stockade stockade) {
    this.stockade = stockade;
  }

  @Override
  public Integer call() throws Exception {
    Config config = config();
    Map<String, String> environment = System.getenv();
    checkProxies(environment);
    if (check) {
      checkPolicy(config);
      return ExitCode.OK;
    }
    JournalOutput.install(config.log().level(), config.log().format(), environment);
    try {
      Serving.until(config, WardenPath.of(config, environment), ClientVersion.text());
    } catch (IOException | LaunchFailure | ImageException e) {
      // The JDK's own exceptions of files say little more than the name.
      Object reason = e instanceof FileSystemException ? e : e.getMessage();
      throw CommandFailure.of("the daemon cannot serve: " + reason, e);
    }
    return ExitCode.OK;
  }

  private static void checkPolicy(Config config) {
    try {
      new SignaturePolicy(
              config.images().signaturePolicy(), config.images().signaturePolicyMayBeMissing())
          .check();
    } catch (ImageException e) {
      throw CommandFailure.usage("images.signature_policy: " + e.getMessage());
    }
  }

  private static void checkProxies(Map<String, String> environment) {
    try {
      Proxies unused = Proxies.of(environment);
    } catch (RegistryException e) {
      throw CommandFailure.usage(String.valueOf(e.getMessage()));
    }
  }

  private Config config() {
    List<FlagValue> flags = new ArrayList<>();
    settings.forEach(
        (key, value) -> flags.add(new FlagValue("--set " + key + "=" + value, key, value)));
    Optional<Path> socket = stockade.socketFlag();
    socket.ifPresent(path -> flags.add(new FlagValue("--socket", "socket", path.toString())));
    try {
      return ConfigLoader.load(stockade.configFlag(), flags);
    } catch (ConfigException e) {
      throw CommandFailure.usage(String.valueOf(e.getMessage()));
    }
  }
}
