package dev.stockade.shim.image;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;

/**
 * Who needs how much of the store, in bytes of content and of the skeletons beside it.
 *
 * @param images in the order of their ids
 * @param containers the image of each container with layers in the store, by container
 * @param layers how many are unpacked
 * @param layerBytes of the files of all layers, each once
 * @param inodes files made for them
 * @param skeletonBytes of what is kept beside them for an export
 * @param documentBytes of configs and manifests
 * @param leasedBytes of layers that no image has any more
 */
public record StoreUsage(
    List<PerImage> images,
    Map<String, Digest> containers,
    int layers,
    long layerBytes,
    long inodes,
    long skeletonBytes,
    long documentBytes,
    long leasedBytes) {

  /**
   * One image's part.
   *
   * @param unique bytes that no other image has
   * @param shared bytes that others have too
   * @param containers that use it
   */
  public record PerImage(Image image, long unique, long shared, List<String> containers) {}

  static StoreUsage of(
      List<Image> images, Collection<UnpackedLayer> layers, Collection<Lease> leases) {
    Map<Digest, UnpackedLayer> known = new HashMap<>();
    layers.forEach(layer -> known.put(layer.chainId(), layer));
    Map<Digest, Integer> owners = owners(images);
    long documents = 0;
    List<PerImage> parts = new ArrayList<>();
    for (Image image : images) {
      Set<Digest> chains = Set.copyOf(image.chainIds());
      long own = kept(chains.stream().filter(c -> owners.getOrDefault(c, 0) <= 1), known);
      long shared = kept(chains.stream(), known) - own;
      long content = sum(chains.stream(), known, UnpackedLayer::bytes);
      long described = Math.max(0, image.bytes() - content);
      documents += described;
      parts.add(new PerImage(image, own + described, shared, users(image.id(), leases)));
    }
    Set<Digest> orphans = new HashSet<>();
    leases.forEach(lease -> orphans.addAll(lease.kept()));
    orphans.removeAll(owners.keySet());
    Map<String, Digest> containers = new TreeMap<>();
    leases.forEach(lease -> containers.put(lease.containerId(), lease.image()));
    return new StoreUsage(
        parts,
        containers,
        known.size(),
        sum(known.keySet().stream(), known, UnpackedLayer::bytes),
        sum(known.keySet().stream(), known, UnpackedLayer::inodes),
        sum(known.keySet().stream(), known, UnpackedLayer::skeletonBytes),
        documents,
        kept(orphans.stream(), known));
  }

  private static long kept(Stream<Digest> chains, Map<Digest, UnpackedLayer> known) {
    return sum(chains, known, UnpackedLayer::keptBytes);
  }

  private static long sum(
      Stream<Digest> chains, Map<Digest, UnpackedLayer> known, ToLongFunction<UnpackedLayer> part) {
    return chains.map(known::get).filter(Objects::nonNull).mapToLong(part).sum();
  }

  /** How many images have each layer. */
  static Map<Digest, Integer> owners(List<Image> images) {
    Map<Digest, Integer> owners = new HashMap<>();
    for (Image image : images) {
      Set.copyOf(image.chainIds()).forEach(chain -> owners.merge(chain, 1, Integer::sum));
    }
    return owners;
  }

  /** The containers that were made from an image or have it mounted. */
  static List<String> users(Digest image, Collection<Lease> leases) {
    return leases.stream().filter(lease -> lease.isOf(image)).map(Lease::containerId).toList();
  }
}
