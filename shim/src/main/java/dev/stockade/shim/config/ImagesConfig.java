package dev.stockade.shim.config;

import java.util.List;

/**
 * {@code [images]}.
 *
 * @param pinned patterns of references of images that no garbage collection may take
 */
public record ImagesConfig(List<String> pinned) {
  static final ImagesConfig DEFAULT = new ImagesConfig(List.of());

  private static final int MOST_PATTERNS = 1000;

  /** Copies the list. */
  public ImagesConfig {
    pinned = List.copyOf(pinned);
  }

  static ImagesConfig read(Section section) {
    return new ImagesConfig(section.list("pinned", DEFAULT.pinned, MOST_PATTERNS));
  }
}
