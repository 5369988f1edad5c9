package dev.stockade.shim.image;

import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveStructSparse;
import org.jspecify.annotations.Nullable;

/**
 * Which parts of a sparse file a tar stores. Where the map, the header and the file differ, what
 * one reader takes for content another takes for an entry. Source: GNU tar manual, Storing Sparse
 * Files.
 */
final class SparseMap {
  private SparseMap() {}

  /**
   * The parts of a sparse file in their order; they and the holes before them make up the file.
   *
   * @param stored how many bytes the tar has of it
   */
  static List<TarArchiveStructSparse> parts(TarArchiveEntry entry, long stored)
      throws ImageException {
    if (entry.isStarSparse() || (entry.isOldGNUSparse() && entry.isPaxGNUSparse())) {
      throw ImageException.refused("is sparse in a form that is not accepted; GNU tar's are");
    }
    // The library reads that of a header in GNU tar's form, and takes the type for sparse in any.
    @Nullable List<TarArchiveStructSparse> map = entry.getSparseHeaders();
    if (map == null) {
      throw ImageException.refused("is sparse and has no map");
    }
    // Places of a header that are not used are zeros.
    List<TarArchiveStructSparse> parts =
        map.stream().filter(part -> part.getOffset() > 0 || part.getNumbytes() > 0).toList();
    long bytes = 0;
    long end = 0;
    for (TarArchiveStructSparse part : parts) {
      if (part.getOffset() < end || part.getNumbytes() > entry.getRealSize() - part.getOffset()) {
        throw ImageException.refused("is sparse and its parts overlap or are out of order");
      }
      bytes += part.getNumbytes();
      end = part.getOffset() + part.getNumbytes();
    }
    // A hole at the end is a part of no bytes behind it.
    if (end != entry.getRealSize()) {
      throw ImageException.refused("is sparse and its map ends before it does");
    }
    if (bytes != stored) {
      throw ImageException.refused("is sparse and stores another number of bytes than its map has");
    }
    return parts;
  }
}
