package dev.stockade.shim.image;

import java.util.Map;

/**
 * What the header blocks of one tar entry say where the library's own reading loses something: it
 * narrows ids to 32 bits, so that uid 2³² would be root, and decodes extended attributes as text.
 * What is read here also says where the entry ends, whatever the library made of its header.
 *
 * @param size bytes of content that are stored
 * @param bytes of all header blocks
 * @param attributes values by name, for example {@code security.capability}
 */
record EntryHeader(long uid, long gid, long size, int bytes, Map<String, byte[]> attributes) {
  /** There is no entry. */
  static final EntryHeader NONE = new EntryHeader(0, 0, 0, 0, Map.of());
}
