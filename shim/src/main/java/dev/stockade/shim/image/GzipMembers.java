package dev.stockade.shim.image;

import java.io.IOException;
import java.io.InputStream;
import java.util.zip.GZIPInputStream;

/**
 * A gzip stream of members, of which a few in a row may be empty: the reader of the JDK calls
 * itself for what is behind an empty one, and thousands would use up the stack.
 */
final class GzipMembers extends GZIPInputStream {
  private static final int MOST_EMPTY = 100;

  private int depth;

  GzipMembers(InputStream compressed, int buffer) throws IOException {
    super(compressed, buffer);
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    if (depth > MOST_EMPTY) {
      throw new IOException("has more than " + MOST_EMPTY + " empty gzip members in a row");
    }
    depth++;
    try {
      return super.read(target, offset, length);
    } finally {
      depth--;
    }
  }
}
