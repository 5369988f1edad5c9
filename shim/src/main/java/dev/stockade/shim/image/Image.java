package dev.stockade.shim.image;

import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * One image on this node.
 *
 * @param id digest of its config: the image id of CRI and of every peer
 * @param manifest digest of its manifest; a docker archive has none
 * @param tags references with a tag, {@code docker.io/library/busybox:1.36}
 * @param digests references with a digest, {@code docker.io/library/busybox@sha256:...}
 * @param bytes disk space of its content, in bytes; layers shared with other images count in each
 * @param imported when it came to this node
 * @param chainIds names of its unpacked layers, lowest first
 * @param annotations of its manifest; data alone
 * @param arrival how it came to this node
 */
public record Image(
    Digest id,
    Optional<Digest> manifest,
    SortedSet<ImageReference> tags,
    SortedSet<ImageReference> digests,
    long bytes,
    Instant imported,
    ImageConfig config,
    List<Digest> chainIds,
    Map<String, String> annotations,
    Arrival arrival) {

  /** Copies every collection. */
  public Image {
    tags = Collections.unmodifiableSortedSet(new TreeSet<>(tags));
    digests = Collections.unmodifiableSortedSet(new TreeSet<>(digests));
    chainIds = List.copyOf(chainIds);
    annotations = Map.copyOf(annotations);
  }

  Image named(SortedSet<ImageReference> newTags, SortedSet<ImageReference> newDigests) {
    return new Image(
        id, manifest, newTags, newDigests, bytes, imported, config, chainIds, annotations, arrival);
  }

  /** This one, come when the other was here already: it has the names and signatures of both. */
  Image after(Image earlier) {
    SortedSet<ImageReference> allTags = new TreeSet<>(earlier.tags);
    allTags.addAll(tags);
    SortedSet<ImageReference> allDigests = new TreeSet<>(earlier.digests);
    allDigests.addAll(digests);
    return new Image(
        id,
        manifest,
        allTags,
        allDigests,
        bytes,
        imported,
        config,
        chainIds,
        annotations,
        arrival.after(earlier.arrival));
  }
}
