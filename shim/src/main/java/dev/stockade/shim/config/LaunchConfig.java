package dev.stockade.shim.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * {@code [launch]}.
 *
 * @param warden the static warden binary; empty: the one that came with the daemon
 * @param timeout how long a launch may take until its exec, after which it is killed
 */
public record LaunchConfig(Optional<Path> warden, Duration timeout) {
  static final LaunchConfig DEFAULT = new LaunchConfig(Optional.empty(), Duration.ofSeconds(60));

  static LaunchConfig read(Section section) {
    return new LaunchConfig(
        section.text("warden", DEFAULT.warden, LaunchConfig::warden),
        section.duration(
            "timeout", DEFAULT.timeout, Duration.ofSeconds(1), Duration.ofMinutes(10)));
  }

  private static Optional<Path> warden(String text) throws Section.WrongValue {
    return text.isEmpty() ? Optional.empty() : Optional.of(Section.absolute(text, 4095));
  }
}
