package dev.stockade.shim.oci;

import dev.stockade.shim.image.Digest;
import java.nio.file.Path;
import java.util.List;

/**
 * An image that is mounted into a container.
 *
 * @param layers topmost first, two at least
 */
public record ImageLayers(Digest image, List<Path> layers) {
  /** Copies the list. */
  public ImageLayers {
    layers = List.copyOf(layers);
  }
}
