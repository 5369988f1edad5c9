package dev.stockade.shim.cli.manifest;

import java.util.List;

/** A manifest that cannot be run: every problem with the path of its field. */
public final class ManifestRejection extends Exception {
  private final List<String> problems;

  ManifestRejection(List<String> problems) {
    super(String.join("\n", problems));
    this.problems = List.copyOf(problems);
  }

  /** A document that is something else than it should be. */
  public static ManifestRejection of(List<String> problems) {
    return new ManifestRejection(problems);
  }

  /** The problems, each one line beginning with a path such as {@code spec.containers[0].image}. */
  public List<String> problems() {
    return problems;
  }
}
