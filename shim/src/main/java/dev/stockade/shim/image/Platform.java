package dev.stockade.shim.image;

import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Operating system and architecture in the names of the OCI image-spec, which are Go's.
 *
 * @param architecture for example {@code amd64}
 */
public record Platform(String os, String architecture) {
  /** Variants every processor of the architecture runs. */
  private static final Set<String> BASE_VARIANTS = Set.of("", "v8", "v1");

  /** The platform this process runs on. */
  public static Platform here() {
    String arch = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
    return new Platform(
        "linux",
        switch (arch) {
          case "x86_64", "amd64" -> "amd64";
          case "aarch64", "arm64" -> "arm64";
          default -> arch;
        });
  }

  boolean runs(String imageOs, String imageArchitecture, Optional<String> variant) {
    return os.equals(imageOs)
        && architecture.equals(imageArchitecture)
        && BASE_VARIANTS.contains(variant.orElse(""));
  }

  @Override
  public String toString() {
    return os + "/" + architecture;
  }
}
