package dev.stockade.shim.image;

import java.nio.file.Path;
import java.util.List;

/**
 * The directories of one container's overlay.
 *
 * @param lower unpacked layers, topmost first: the order of overlayfs {@code lowerdir}
 * @param upper the container's own changes, on the same file system as {@code work}
 * @param work overlayfs' scratch directory
 */
public record ContainerRootFs(List<Path> lower, Path upper, Path work) {
  /** Copies the list. */
  public ContainerRootFs {
    lower = List.copyOf(lower);
  }
}
