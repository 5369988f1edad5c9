package dev.stockade.shim.image;

import java.util.Map;

/**
 * What the header blocks of one tar entry say where the library's own reading loses something: it
 * narrows ids to 32 bits, so that uid 2³² would be root, and decodes extended attributes as text.
 *
 * @param attributes values by name, for example {@code security.capability}
 */
record EntryHeader(long uid, long gid, Map<String, byte[]> attributes) {}
