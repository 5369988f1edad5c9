package dev.stockade.shim.image;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Reads the header blocks in front of one tar entry. Source: POSIX pax(1), "pax Extended Header"
 * and "ustar Interchange Format"; the {@code SCHILY.xattr.} keys are star's, star(5); numbers in
 * base 256 are GNU tar's.
 */
final class EntryHeaderReader {
  private static final String ATTRIBUTE = "SCHILY.xattr.";
  private static final int BLOCK = 512;
  private static final int UID_AT = 108;
  private static final int GID_AT = 116;
  private static final int ID_WIDTH = 8;
  private static final int SIZE_AT = 124;
  private static final int SIZE_WIDTH = 12;
  private static final int TYPE_AT = 156;
  private static final int SPARSE_GOES_ON_AT = 482;
  private static final int SPARSE_BLOCK_GOES_ON_AT = 504;
  private static final int MOST_ATTRIBUTES = 64;

  private final byte[] blocks;
  private final Map<String, byte[]> attributes = new HashMap<>();
  private final Map<String, String> numbers = new HashMap<>();
  private final Set<Character> extended = new HashSet<>();

  private EntryHeaderReader(byte[] blocks) {
    this.blocks = blocks;
  }

  /** Reads extended headers and then the entry's own. */
  static EntryHeader read(byte[] blocks) throws ImageException {
    EntryHeaderReader reader = new EntryHeaderReader(blocks);
    int at = 0;
    while (at + BLOCK <= blocks.length && isExtended((char) blocks[at + TYPE_AT])) {
      at = reader.extended(at);
    }
    if (at + BLOCK > blocks.length) {
      if (at < blocks.length) {
        throw ImageException.refused("a header is cut off");
      }
      return EntryHeader.NONE;
    }
    return new EntryHeader(
        reader.number("uid", at + UID_AT, ID_WIDTH),
        reader.number("gid", at + GID_AT, ID_WIDTH),
        reader.number("size", at + SIZE_AT, SIZE_WIDTH),
        reader.end(at),
        reader.attributes);
  }

  private static boolean isExtended(char type) {
    return type == 'x' || type == 'g' || type == 'L' || type == 'K';
  }

  /** Reads one extended header with its content and returns where the next block is. */
  private int extended(int at) throws ImageException {
    char type = (char) blocks[at + TYPE_AT];
    long size = number(at + SIZE_AT, SIZE_WIDTH);
    int content = at + BLOCK;
    if (type != 'g' && !extended.add(type)) {
      throw ImageException.refused(
          "an entry has two headers of type "
              + Quoted.of(String.valueOf(type))
              + ", on which readers disagree");
    }
    if (size > blocks.length - content) {
      throw ImageException.refused("an extended header is cut off");
    }
    if (type == 'x' || type == 'g') {
      records(content, content + (int) size, type == 'g');
    }
    return content + (int) ((size + BLOCK - 1) / BLOCK * BLOCK);
  }

  /** Where the entry's own header ends, which in GNU tar's old form of sparse files goes on. */
  private int end(int at) throws ImageException {
    int end = at + BLOCK;
    boolean goesOn = blocks[at + TYPE_AT] == 'S' && blocks[at + SPARSE_GOES_ON_AT] == 1;
    while (goesOn) {
      if (end + BLOCK > blocks.length) {
        throw ImageException.refused("a header is cut off");
      }
      goesOn = blocks[end + SPARSE_BLOCK_GOES_ON_AT] == 1;
      end += BLOCK;
    }
    return end;
  }

  private long number(String name, int at, int width) throws ImageException {
    String text = numbers.get(name);
    if (text == null) {
      return number(at, width);
    }
    if (text.isEmpty() || text.length() > 18 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
      throw ImageException.refused(name + " " + Quoted.of(text) + " is not a number");
    }
    return Long.parseLong(text);
  }

  /** Octal digits, or base 256 behind a byte 0x80. */
  private long number(int at, int width) throws ImageException {
    long value = 0;
    boolean binary = (blocks[at] & 0xff) == 0x80;
    for (int i = binary ? at + 1 : at; i < at + width; i++) {
      int digit = blocks[i] & 0xff;
      if (binary) {
        value = (value << 8) | digit;
      } else if (digit >= '0' && digit <= '7') {
        value = (value << 3) | (digit - '0');
      } else if (digit != ' ' && digit != 0) {
        throw ImageException.refused("a number in a tar header is malformed");
      }
      if (value >>> 54 != 0) {
        throw ImageException.refused("a number in a tar header is too large");
      }
    }
    return value;
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
    if (key.equals("uid") || key.equals("gid") || key.equals("size")) {
      numbers.put(key, new String(blocks, from, end - from, StandardCharsets.UTF_8));
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
