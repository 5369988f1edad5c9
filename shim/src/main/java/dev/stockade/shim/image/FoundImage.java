package dev.stockade.shim.image;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;

/**
 * One image found in a source; nothing of it is on this node yet.
 *
 * @param id digest of the config, verified
 * @param documents config and manifest as they stand in the source
 * @param annotations of the manifest
 * @param layers as many as the config has diff ids, lowest first
 */
record FoundImage(
    Digest id,
    ImageConfig config,
    Optional<Digest> manifest,
    Map<Digest, byte[]> documents,
    List<FoundLayer> layers,
    SortedSet<ImageReference> tags,
    SortedSet<ImageReference> digests,
    Map<String, String> annotations) {}
