package dev.stockade.shim.image;

import java.time.Duration;

/**
 * Upper bounds on what an image may cost this node; an image over one is refused and leaves
 * nothing.
 *
 * @param documentBytes one manifest, index or config, in bytes
 * @param imageBytes all layers of one image uncompressed, in bytes
 * @param layerBytes one layer, as stored and uncompressed, in bytes
 * @param layerEntries entries in one layer, and files made of it
 * @param layers layers of one image
 * @param compressionRatio uncompressed bytes per compressed byte, looked at from 64 MiB on
 * @param images images in one archive
 * @param layerTimeout time to unpack one layer, not counting what is waited for its bytes; from
 *     this time on they have to come at 16 KiB a second on average
 */
public record ImageLimits(
    int documentBytes,
    long imageBytes,
    long layerBytes,
    int layerEntries,
    int layers,
    int compressionRatio,
    int images,
    Duration layerTimeout) {
  /** So many layers as full of files as one may be fill an image. */
  static final int FULL_LAYERS = 4;

  /** What a node without configuration uses. */
  public static final ImageLimits DEFAULT =
      new ImageLimits(
          4 << 20, 64L << 30, 32L << 30, 1_000_000, 200, 500, 64, Duration.ofMinutes(10));

  /** Most files of all layers of one image. */
  long imageInodes() {
    return (long) FULL_LAYERS * layerEntries;
  }
}
