package dev.stockade.shim.image;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Goes from header to header of a tar that was taken, by the sizes they have and nothing else: as
 * the simplest of readers, which knows of no sparse file, would find its entries.
 */
final class TarWalk {
  private static final int BLOCK = 512;
  private static final int SIZE_AT = 124;
  private static final int SIZE_END = 136;
  private static final int TYPE_AT = 156;

  private final byte[] tar;

  private TarWalk(byte[] tar) {
    this.tar = tar;
  }

  /** Where the content of each entry ends, in bytes from the start of the tar. */
  static List<Long> ends(byte[] tar) {
    return new TarWalk(tar).ends();
  }

  private List<Long> ends() {
    List<Long> ends = new ArrayList<>();
    Optional<Long> paxSize = Optional.empty();
    long at = 0;
    while (at + BLOCK <= tar.length && !isZero((int) at)) {
      int header = (int) at;
      char type = (char) tar[header + TYPE_AT];
      boolean extended = "xgLK".indexOf(type) >= 0;
      long size = extended ? size(header) : paxSize.orElse(size(header));
      long end = header + BLOCK + furtherBlocks(header) + size;
      if (type == 'x') {
        paxSize = paxSize(header + BLOCK, (int) size);
      } else if (!extended) {
        ends.add(end);
        paxSize = Optional.empty();
      }
      at = (end + BLOCK - 1) / BLOCK * BLOCK;
    }
    return ends;
  }

  private boolean isZero(int at) {
    for (int i = at; i < at + BLOCK; i++) {
      if (tar[i] != 0) {
        return false;
      }
    }
    return true;
  }

  private long size(int header) {
    boolean binary = (tar[header + SIZE_AT] & 0xff) == 0x80;
    long size = 0;
    for (int i = header + SIZE_AT + (binary ? 1 : 0); i < header + SIZE_END; i++) {
      if (binary) {
        size = size << 8 | (tar[i] & 0xff);
      } else if (tar[i] >= '0' && tar[i] <= '7') {
        size = size << 3 | (tar[i] - '0');
      }
    }
    return size;
  }

  private Optional<Long> paxSize(int from, int length) {
    String records = new String(tar, from, length, StandardCharsets.ISO_8859_1);
    Optional<Long> size = Optional.empty();
    for (int at = 0; at < length; ) {
      int space = records.indexOf(' ', at);
      int next = at + Integer.parseInt(records, at, space, 10);
      String record = records.substring(space + 1, next - 1);
      if (record.startsWith("size=")) {
        size = Optional.of(Long.parseLong(record.substring("size=".length())));
      }
      at = next;
    }
    return size;
  }

  /** Bytes of the header of a sparse file in GNU tar's old form that are behind its first block. */
  private int furtherBlocks(int header) {
    int bytes = 0;
    if (tar[header + TYPE_AT] == 'S') {
      boolean more = tar[header + 482] == 1;
      while (more) {
        bytes += BLOCK;
        more = tar[header + bytes + 504] == 1;
      }
    }
    return bytes;
  }
}
