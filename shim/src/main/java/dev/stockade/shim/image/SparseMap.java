package dev.stockade.shim.image;

import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveStructSparse;
import org.jspecify.annotations.Nullable;

/**
 * Which parts of a sparse file a tar stores. The map says how much is read and the header how much
 * is there; where they differ, what one reader takes for content another takes for an entry.
 * Source: GNU tar manual, Storing Sparse Files.
 */
final class SparseMap {
  private static final int BLOCK = 512;

  private SparseMap() {}

  /** Refuses an entry that stores more or less than its map has. */
  static void requireStored(TarArchiveEntry entry) throws ImageException {
    // The library reads that of a header in GNU tar's form, and takes the type for sparse in any.
    @Nullable List<TarArchiveStructSparse> parts = entry.getSparseHeaders();
    if (parts == null) {
      throw ImageException.refused("is sparse and has no map");
    }
    long stored = 0;
    StringBuilder map = new StringBuilder().append(parts.size()).append('\n');
    for (TarArchiveStructSparse part : parts) {
      // Its parts lie within the real size and do not overlap, which the library has seen to.
      stored += part.getNumbytes();
      map.append(part.getOffset()).append('\n').append(part.getNumbytes()).append('\n');
    }
    // Only this form has the map before the content, as decimal lines that fill whole blocks.
    long blocks = entry.isPaxGNU1XSparse() ? (map.length() + BLOCK - 1L) / BLOCK : 0;
    if (entry.getSize() != stored + blocks * BLOCK) {
      throw ImageException.refused("is sparse and stores another number of bytes than its map has");
    }
  }
}
