package dev.stockade.launcher.plan;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/** A path of the host: absolute, and the same however it is walked. */
final class HostPath {
  private HostPath() {}

  /** The path, or empty if it is none; the problem is noted. */
  static Optional<Path> parse(String field, String text, Problems problems) {
    Optional<String> clean = ContainerPath.parse(field, text, problems);
    if (clean.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(Path.of("/" + clean.get()));
    } catch (InvalidPathException e) {
      problems.add(
          field,
          "has characters that the daemon's locale cannot write",
          "start the daemon with a UTF-8 locale (LC_ALL=C.UTF-8)");
      return Optional.empty();
    }
  }
}
