package dev.stockade.shim.image;

import dev.stockade.launcher.linux.Fd;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;

/** Part of a file as a stream; several over one descriptor do not disturb each other. */
final class FileRegion extends InputStream {
  private final Fd file;
  private final long end;
  private long position;

  FileRegion(Fd file, long offset, long size) {
    this.file = file;
    this.position = offset;
    this.end = offset + size;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, target.length);
    if (position >= end) {
      return -1;
    }
    int count = file.readAt(position, target, offset, (int) Math.min(length, end - position));
    position += Math.max(0, count);
    return count;
  }

  @Override
  public long skip(long wanted) {
    long skipped = Math.max(0, Math.min(wanted, end - position));
    position += skipped;
    return skipped;
  }

  /** More than nothing is left: GZIPInputStream asks this before it looks for another member. */
  @Override
  public int available() {
    return (int) Math.min(Integer.MAX_VALUE, Math.max(0, end - position));
  }
}
