package dev.stockade.shim.cri;

import dev.stockade.shim.image.Image;
import dev.stockade.shim.image.ImageReference;
import dev.stockade.shim.image.StoreUsage;
import dev.stockade.shim.image.UnpackedLayer;
import dev.stockade.v1.ImageDescription;
import dev.stockade.v1.ImageUsage;
import dev.stockade.v1.LayerDescription;
import dev.stockade.v1.UsageResponse;
import java.util.List;
import java.util.stream.Stream;

/** The image store in the words of our own protocol. */
final class ImageStoreMessages {
  private ImageStoreMessages() {}

  /**
   * All that is known of an image.
   *
   * @param layers its own, lowest first
   * @param pinned whether no garbage collection may take it
   */
  static ImageDescription image(
      Image image, List<UnpackedLayer> layers, StoreUsage usage, boolean pinned) {
    ImageDescription.Builder description =
        ImageDescription.newBuilder()
            .setId(image.id().toString())
            .addAllTags(texts(image.tags().stream()))
            .addAllDigests(texts(image.digests().stream()))
            .setManifest(image.manifest().map(Object::toString).orElse(""))
            .setOs(image.config().os())
            .setArchitecture(image.config().architecture())
            .setSize(image.bytes())
            .setImported(image.imported().toString())
            .setPinned(pinned)
            .putAllAnnotations(image.annotations())
            .putAllLabels(image.config().labels());
    usage.images().stream()
        .filter(each -> each.image().id().equals(image.id()))
        .forEach(each -> description.addAllContainers(each.containers()));
    for (int i = 0; i < layers.size(); i++) {
      description.addLayers(
          layer(image.config().diffIds().get(i).toString(), layers.get(i), usage));
    }
    return description.build();
  }

  private static LayerDescription layer(String diffId, UnpackedLayer layer, StoreUsage usage) {
    long owners =
        usage.images().stream()
            .filter(each -> each.image().chainIds().contains(layer.chainId()))
            .count();
    return LayerDescription.newBuilder()
        .setDiffId(diffId)
        .setChainId(layer.chainId().toString())
        .setSize(layer.bytes())
        .setInodes(layer.inodes())
        .setImages((int) owners)
        .build();
  }

  private static List<String> texts(Stream<ImageReference> references) {
    return references.map(ImageReference::toString).toList();
  }

  /** The parts of a usage that the store alone knows. */
  static UsageResponse.Builder usage(StoreUsage usage) {
    UsageResponse.Builder answer =
        UsageResponse.newBuilder()
            .setLayers(usage.layers())
            .setLayerBytes(usage.layerBytes())
            .setSkeletonBytes(usage.skeletonBytes())
            .setDocumentBytes(usage.documentBytes())
            .setKeptForContainers(usage.leasedBytes());
    for (StoreUsage.PerImage each : usage.images()) {
      Stream<ImageReference> names =
          Stream.concat(each.image().tags().stream(), each.image().digests().stream());
      answer.addImages(
          ImageUsage.newBuilder()
              .setId(each.image().id().toString())
              .setName(names.findFirst().map(ImageReference::toString).orElse(""))
              .setUnique(each.unique())
              .setShared(each.shared())
              .setContainers(each.containers().size()));
    }
    return answer;
  }
}
