package dev.stockade.shim.image;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The media types understood. Sources: OCI image-spec, media-types.md; Docker image manifest V2,
 * schema 2.
 */
final class MediaType {
  static final Set<String> INDEXES =
      Set.of(
          "application/vnd.oci.image.index.v1+json",
          "application/vnd.docker.distribution.manifest.list.v2+json");
  static final Set<String> MANIFESTS =
      Set.of(
          "application/vnd.oci.image.manifest.v1+json",
          "application/vnd.docker.distribution.manifest.v2+json");
  static final Set<String> CONFIGS =
      Set.of(
          "application/vnd.oci.image.config.v1+json",
          "application/vnd.docker.container.image.v1+json");

  /** The config of an artifact that has none. */
  static final String EMPTY = "application/vnd.oci.empty.v1+json";

  private static final Map<String, Compression> LAYERS =
      Map.of(
          "application/vnd.oci.image.layer.v1.tar", Compression.NONE,
          "application/vnd.oci.image.layer.v1.tar+gzip", Compression.GZIP,
          "application/vnd.oci.image.layer.v1.tar+zstd", Compression.ZSTD,
          "application/vnd.oci.image.layer.nondistributable.v1.tar", Compression.NONE,
          "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", Compression.GZIP,
          "application/vnd.docker.image.rootfs.diff.tar", Compression.NONE,
          "application/vnd.docker.image.rootfs.diff.tar.gzip", Compression.GZIP,
          "application/vnd.docker.image.rootfs.diff.tar.zstd", Compression.ZSTD);

  private MediaType() {}

  /** What a reference may lead to. */
  static List<String> roots() {
    return Stream.concat(MANIFESTS.stream(), INDEXES.stream()).sorted().toList();
  }

  static Optional<Compression> layerCompression(String mediaType) {
    return Optional.ofNullable(LAYERS.get(mediaType));
  }
}
