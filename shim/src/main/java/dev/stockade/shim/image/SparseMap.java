package dev.stockade.shim.image;

import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveStructSparse;

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
    long stored = 0;
    StringBuilder map = new StringBuilder().append(entry.getSparseHeaders().size()).append('\n');
    for (TarArchiveStructSparse part : entry.getSparseHeaders()) {
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
