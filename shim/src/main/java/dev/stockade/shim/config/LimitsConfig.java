package dev.stockade.shim.config;

import dev.stockade.shim.image.ImageLimits;
import java.time.Duration;

/**
 * {@code [limits]}.
 *
 * @param messageBytes largest request over the socket, in bytes
 * @param image what an image may cost
 */
public record LimitsConfig(int messageBytes, ImageLimits image) {
  static final LimitsConfig DEFAULT = new LimitsConfig(16 << 20, ImageLimits.DEFAULT);

  private static final long MIB = 1L << 20;
  private static final long TIB = 1L << 40;

  static LimitsConfig read(Section section) {
    ImageLimits image = ImageLimits.DEFAULT;
    ImageLimits limits =
        new ImageLimits(
            (int) section.bytes("document_bytes", image.documentBytes(), 64 << 10, 64 * MIB),
            section.bytes("image_bytes", image.imageBytes(), MIB, TIB),
            section.bytes("layer_bytes", image.layerBytes(), MIB, TIB),
            (int) section.number("layer_entries", image.layerEntries(), 100, 10_000_000),
            (int) section.number("image_layers", image.layers(), 1, 500),
            (int) section.number("compression_ratio", image.compressionRatio(), 10, 1_000_000),
            (int) section.number("archive_images", image.images(), 1, 1000),
            section.duration(
                "layer_timeout",
                image.layerTimeout(),
                Duration.ofSeconds(1),
                Duration.ofHours(24)));
    return new LimitsConfig(
        (int) section.bytes("message_bytes", DEFAULT.messageBytes, MIB, 64 * MIB), limits);
  }
}
