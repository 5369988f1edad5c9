package dev.stockade.launcher.plan;

import java.nio.file.Path;
import java.util.List;

/** Where the container's root comes from. */
public sealed interface RootFs {
  /**
   * An overlay of image layers.
   *
   * @param lower the layers, topmost first
   * @param upper the writable layer
   * @param work beside it
   */
  record Overlay(List<Path> lower, Path upper, Path work) implements RootFs {
    public Overlay {
      lower = List.copyOf(lower);
    }
  }

  /** A directory as it is. */
  record Directory(Path path) implements RootFs {}

  /** None: exec, namespaces and pod init. */
  record None() implements RootFs {}
}
