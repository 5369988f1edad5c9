package dev.stockade.launcher.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A path in the container as the plan has it: without a leading slash and without empty, {@code .}
 * or {@code ..} components. The only parser of such paths.
 */
final class ContainerPath {
  /** PATH_MAX of linux/limits.h, with its NUL. */
  static final int MAX_BYTES = 4096;

  private ContainerPath() {}

  /**
   * The path without its leading slash; empty text for the root itself.
   *
   * @return empty if it is not absolute, leads upwards or is too long; the problem is noted
   */
  static Optional<String> parse(String field, String path, Problems problems) {
    if (!problems.text(field, path)) {
      return Optional.empty();
    }
    if (!path.startsWith("/")) {
      problems.add(field, "is not an absolute path", "begin it with a slash");
      return Optional.empty();
    }
    List<String> parts = new ArrayList<>();
    for (String part : path.split("/", -1)) {
      if (part.equals("..")) {
        problems.add(field, "leads upwards with \"..\"", "write where it leads to");
        return Optional.empty();
      }
      if (!part.isEmpty() && !part.equals(".")) {
        parts.add(part);
      }
    }
    String clean = String.join("/", parts);
    if (clean.getBytes(java.nio.charset.StandardCharsets.UTF_8).length >= MAX_BYTES - 1) {
      problems.add(field, "is longer than " + (MAX_BYTES - 2) + " bytes", "shorten it");
      return Optional.empty();
    }
    return Optional.of(clean);
  }

  /** Whether a path is another or lies beneath it; both parsed. */
  static boolean within(String path, String ancestor) {
    return ancestor.isEmpty() || path.equals(ancestor) || path.startsWith(ancestor + "/");
  }
}
