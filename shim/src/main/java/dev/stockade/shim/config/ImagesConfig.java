package dev.stockade.shim.config;

import java.nio.file.Path;
import java.util.List;

/**
 * {@code [images]}.
 *
 * @param pinned patterns of references of images that no garbage collection may take
 * @param signaturePolicy which images may come and be used, containers-policy.json(5)
 */
public record ImagesConfig(List<String> pinned, Path signaturePolicy) {
  static final ImagesConfig DEFAULT =
      new ImagesConfig(List.of(), Path.of("/etc/containers/policy.json"));

  private static final int MOST_PATTERNS = 1000;
  private static final int LONGEST = 4000;

  /** Copies the list. */
  public ImagesConfig {
    pinned = List.copyOf(pinned);
  }

  static ImagesConfig read(Section section) {
    return new ImagesConfig(
        section.list("pinned", DEFAULT.pinned, MOST_PATTERNS),
        section.path("signature_policy", DEFAULT.signaturePolicy, LONGEST));
  }

  /** Whether a node without the file accepts every image: where nobody has named the file. */
  public boolean signaturePolicyMayBeMissing() {
    return signaturePolicy.equals(DEFAULT.signaturePolicy);
  }
}
