package dev.stockade.shim.config;

import java.nio.file.Path;
import java.time.Duration;

/**
 * {@code [registry]}.
 *
 * @param hostsDir directory of {@code HOST/hosts.toml}, as containerd's certs.d
 * @param progressTimeout how long a transfer may make no progress
 * @param maxConcurrentDownloads layers of one image at a time
 */
public record RegistryConfig(Path hostsDir, Duration progressTimeout, int maxConcurrentDownloads) {
  static final RegistryConfig DEFAULT =
      new RegistryConfig(Path.of("/etc/stockade/certs.d"), Duration.ofSeconds(60), 3);

  private static final int LONGEST = 4000;
  private static final int MOST_DOWNLOADS = 32;

  static RegistryConfig read(Section section) {
    return new RegistryConfig(
        section.path("hosts_dir", DEFAULT.hostsDir, LONGEST),
        section.duration(
            "progress_timeout",
            DEFAULT.progressTimeout,
            Duration.ofSeconds(1),
            Duration.ofHours(1)),
        (int)
            section.number(
                "max_concurrent_downloads", DEFAULT.maxConcurrentDownloads, 1, MOST_DOWNLOADS));
  }
}
