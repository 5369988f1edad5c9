package dev.stockade.shim.image;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * What the pax header blocks in front of one tar entry say of extended attributes, as bytes.
 * Source: POSIX pax(1), "pax Extended Header"; the {@code SCHILY.xattr.} keys are star's, star(5).
 */
final class PaxBlocks {
  private static final String ATTRIBUTE = "SCHILY.xattr.";
  private static final int BLOCK = 512;
  private static final int SIZE_AT = 124;
  private static final int SIZE_DIGITS = 12;
  private static final int TYPE_AT = 156;
  private static final int MOST_ATTRIBUTES = 64;

  private final byte[] blocks;
  private final Map<String, byte[]> attributes = new HashMap<>();

  private PaxBlocks(byte[] blocks) {
    this.blocks = blocks;
  }

  /**
   * Reads the blocks from {@code start} up to the first that is no extended header.
   *
   * @return values by name, for example {@code security.capability}
   */
  static Map<String, byte[]> attributes(byte[] blocks, int start) throws ImageException {
    PaxBlocks reader = new PaxBlocks(blocks);
    int at = start;
    while (at >= 0) {
      at = reader.extendedHeader(at);
    }
    return reader.attributes;
  }

  /** Reads one block with its content and returns where the next is, or -1 at the end. */
  private int extendedHeader(int at) throws ImageException {
    if (at + BLOCK > blocks.length) {
      return -1;
    }
    char type = (char) blocks[at + TYPE_AT];
    if (type != 'x' && type != 'g' && type != 'L' && type != 'K') {
      return -1;
    }
    long size = size(at + SIZE_AT);
    int content = at + BLOCK;
    if (size < 0 || size > blocks.length - content) {
      return -1;
    }
    if (type == 'x' || type == 'g') {
      records(content, content + (int) size, type == 'g');
    }
    return content + (int) ((size + BLOCK - 1) / BLOCK * BLOCK);
  }

  private long size(int at) {
    long size = 0;
    for (int i = at; i < at + SIZE_DIGITS; i++) {
      byte digit = blocks[i];
      if (digit >= '0' && digit <= '7') {
        size = size * 8 + digit - '0';
      } else if (digit != ' ' && digit != 0) {
        return -1;
      }
    }
    return size;
  }

  /** Records are {@code LENGTH KEY=VALUE\n}, the length counting all of it. */
  private void records(int from, int end, boolean global) throws ImageException {
    int at = from;
    while (at < end) {
      int space = indexOf(' ', at, Math.min(end, at + 11));
      int length = space < 0 ? -1 : decimal(at, space);
      int next = at + length;
      int equals = length <= 0 || next > end ? -1 : indexOf('=', space, next);
      if (equals < 0 || blocks[next - 1] != '\n') {
        throw ImageException.refused("a pax header is malformed");
      }
      String key = new String(blocks, space + 1, equals - space - 1, StandardCharsets.UTF_8);
      record(key, equals + 1, next - 1, global);
      at = next;
    }
  }

  private void record(String key, int from, int end, boolean global) throws ImageException {
    if (global && !key.equals("comment")) {
      throw ImageException.refused(
          "a global pax header sets "
              + Quoted.of(key)
              + ", on which readers disagree; only comment is accepted");
    }
    if (key.startsWith(ATTRIBUTE)) {
      byte[] value = new byte[end - from];
      System.arraycopy(blocks, from, value, 0, value.length);
      attributes.put(key.substring(ATTRIBUTE.length()), value);
      if (attributes.size() > MOST_ATTRIBUTES) {
        throw ImageException.refused(
            "an entry has more than " + MOST_ATTRIBUTES + " extended attributes");
      }
    }
  }

  private int indexOf(char wanted, int from, int end) {
    for (int i = from; i < end; i++) {
      if (blocks[i] == wanted) {
        return i;
      }
    }
    return -1;
  }

  private int decimal(int from, int end) {
    int value = 0;
    for (int i = from; i < end; i++) {
      if (blocks[i] < '0' || blocks[i] > '9' || value > 100_000_000) {
        return -1;
      }
      value = value * 10 + blocks[i] - '0';
    }
    return value;
  }
}
