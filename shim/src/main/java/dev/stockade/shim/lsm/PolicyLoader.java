package dev.stockade.shim.lsm;

import dev.stockade.launcher.engine.HelperRunner;
import dev.stockade.launcher.engine.LaunchFailure;
import dev.stockade.launcher.engine.Output;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Loads AppArmor policy into the kernel; apparmor_parser(8) compiles it, as a helper of warden. */
final class PolicyLoader {
  private static final List<Path> PARSERS =
      List.of(Path.of("/usr/sbin/apparmor_parser"), Path.of("/sbin/apparmor_parser"));
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int OUTPUT_LIMIT = 16 << 10;
  private static final int TOLD = 500;

  private final HelperRunner helpers;

  PolicyLoader(HelperRunner helpers) {
    this.helpers = helpers;
  }

  /** Puts the profiles of a policy in force, in the place of those of the same names. */
  Optional<Obstacle> load(String policy) {
    Optional<Path> parser = parser();
    if (parser.isEmpty()) {
      return obstacle();
    }
    List<String> command = List.of(parser.get().toString(), "--replace", "--skip-cache");
    try {
      return outcome(
          helpers.run(
              command,
              List.of("LC_ALL=C"),
              policy.getBytes(StandardCharsets.UTF_8),
              LIMIT,
              OUTPUT_LIMIT));
    } catch (LaunchFailure | IOException e) {
      return Optional.of(failed(String.valueOf(e.getMessage())));
    }
  }

  private static Optional<Path> parser() {
    return PARSERS.stream().filter(Files::isExecutable).findFirst();
  }

  /** Why no policy can be loaded, as far as can be told without loading one. */
  static Optional<Obstacle> obstacle() {
    return parser().isPresent()
        ? Optional.empty()
        : Optional.of(
            new Obstacle(
                "cannot be loaded: there is no " + PARSERS.get(0), "install the package apparmor"));
  }

  private static Optional<Obstacle> outcome(Output output) {
    if (output.timedOut()) {
      return Optional.of(failed("it took longer than " + LIMIT.toSeconds() + " s"));
    }
    if (output.status().code() != 0) {
      String told = new String(output.error(), StandardCharsets.UTF_8).strip();
      String cut = told.length() > TOLD ? told.substring(0, TOLD) + "..." : told;
      return Optional.of(failed("exit code " + output.status().code() + ": " + cut));
    }
    return Optional.empty();
  }

  private static Obstacle failed(String why) {
    return new Obstacle(
        "cannot be loaded: apparmor_parser failed: " + why.replaceAll("\\p{Cntrl}+", " "),
        "mend the package apparmor, whose policy and ABI are in /etc/apparmor.d");
  }
}
