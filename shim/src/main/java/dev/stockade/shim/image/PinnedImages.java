package dev.stockade.shim.image;

import java.util.List;
import java.util.regex.Pattern;

/**
 * Images that no garbage collection may take, by patterns of their references in which {@code *}
 * stands for any text.
 */
public final class PinnedImages {
  private final List<Pattern> patterns;

  /** For patterns such as {@code registry.k8s.io/pause:*}. */
  public PinnedImages(List<String> patterns) {
    this.patterns = patterns.stream().map(PinnedImages::compile).toList();
  }

  private static Pattern compile(String pattern) {
    StringBuilder expression = new StringBuilder();
    for (String literal : pattern.split("\\*", -1)) {
      expression.append(expression.length() == 0 ? "" : ".*").append(Pattern.quote(literal));
    }
    return Pattern.compile(expression.toString());
  }

  /** Whether one of the image's references, or its id, is pinned. */
  public boolean contains(Image image) {
    return patterns.stream()
        .anyMatch(
            pattern ->
                pattern.matcher(image.id().toString()).matches()
                    || image.tags().stream().anyMatch(t -> pattern.matcher(t.toString()).matches())
                    || image.digests().stream()
                        .anyMatch(d -> pattern.matcher(d.toString()).matches()));
  }
}
