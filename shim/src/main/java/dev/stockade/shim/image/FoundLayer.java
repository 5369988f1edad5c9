package dev.stockade.shim.image;

import java.util.Optional;

/**
 * Where a source keeps one layer, and what it promises of it.
 *
 * @param blob digest of the file as stored, where the source gives one
 * @param size bytes of the file as stored, where the source gives it
 * @param compression what the media type says, where there is one
 */
record FoundLayer(
    EntryPath file,
    Optional<Digest> blob,
    Optional<Long> size,
    Optional<Compression> compression) {}
