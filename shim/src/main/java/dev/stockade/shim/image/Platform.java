package dev.stockade.shim.image;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Operating system and architecture in the names of the OCI image-spec, which are Go's.
 *
 * @param architecture for example {@code amd64}
 */
public record Platform(String os, String architecture) {
  /**
   * Variants every processor of an architecture runs: what a higher one wants, such as amd64/v3 or
   * arm64/v9, this one may lack. Source: OCI image-spec, image-index.md, "Platform Variants"; that
   * none means the lowest is how containerd reads it.
   */
  private static final Map<String, Set<String>> BASE_VARIANTS =
      Map.of("amd64", Set.of("", "v1"), "arm64", Set.of("", "v8", "8", "v8.0"));

  private static final Set<String> NO_VARIANT = Set.of("");

  /** The platform this process runs on. */
  public static Platform here() {
    return new Platform("linux", architecture(System.getProperty("os.arch", "")));
  }

  /** Go's name for an architecture; the kernel's is in images too. */
  private static String architecture(String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "x86_64", "x86-64", "amd64" -> "amd64";
      case "aarch64", "arm64" -> "arm64";
      default -> name;
    };
  }

  boolean runs(String imageOs, String imageArchitecture, Optional<String> variant) {
    return os.equals(imageOs)
        && architecture.equals(architecture(imageArchitecture))
        && BASE_VARIANTS.getOrDefault(architecture, NO_VARIANT).contains(variant.orElse(""));
  }

  @Override
  public String toString() {
    return os + "/" + architecture;
  }
}
