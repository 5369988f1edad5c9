package dev.stockade.shim.image;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Fd;
import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;

/**
 * What a layer's tar holds besides the contents of plain files, written while the layer is
 * unpacked, so that {@link SkeletonReader} can make the same tar again. Runs of zeros, most of
 * every header, are counted; the rest is deflated, by zlib because it is native code. One that
 * would become large, of a layer made of something else than files, is given up.
 */
final class LayerSkeleton implements AutoCloseable {
  /** Bytes as they are: their number, an int, and they. */
  static final int LITERAL = 0;

  /** So many zeros: a long. */
  static final int ZEROS = 1;

  /** The content of a file: its size, a long, and its path in the layer. */
  static final int CONTENT = 2;

  static final int END = 3;

  private static final int SHORTEST_RUN = 16;
  private static final int BUFFER = 16 << 10;
  private static final long MOST_BYTES = 128L << 20;

  private final Directory store;
  private final String file;
  private final Fd fd;
  private final Deflater deflater = new Deflater(Deflater.BEST_SPEED);
  private final Counted counted;
  private final DataOutputStream out;
  private long zeros;
  private boolean leavingOut;
  private boolean givenUp;

  /**
   * Empty.
   *
   * @param place directory of the layer, relative to the store
   */
  LayerSkeleton(Directory store, String place) throws IOException {
    this.store = store;
    this.file = place + "/" + StoreLayout.SKELETON;
    this.fd = store.createFile(file, 0600);
    this.counted = new Counted(fd.output());
    this.out =
        new DataOutputStream(
            new BufferedOutputStream(new DeflaterOutputStream(counted, deflater, BUFFER), BUFFER));
  }

  /** Bytes of the tar, in their order; those of a content that is left out are not kept. */
  void bytes(byte[] from, int offset, int length) throws IOException {
    if (leavingOut || givenUp) {
      return;
    }
    int end = offset + length;
    int at = offset;
    while (at < end) {
      int run = endOfZeros(from, at, end);
      zeros += run - at;
      at = run;
      if (at < end) {
        int next = endOfLiteral(from, at, end);
        flushZeros();
        out.writeByte(LITERAL);
        out.writeInt(next - at);
        out.write(from, at, next - at);
        at = next;
      }
    }
    if (counted.bytes > MOST_BYTES) {
      givenUp = true;
    }
  }

  private static int endOfZeros(byte[] from, int start, int end) {
    int at = start;
    while (at < end && from[at] == 0) {
      at++;
    }
    return at;
  }

  /** Where a run of zeros begins that is worth an entry of its own. */
  private static int endOfLiteral(byte[] from, int start, int end) {
    int at = start;
    while (at < end) {
      if (from[at] == 0) {
        int run = endOfZeros(from, at, Math.min(end, at + SHORTEST_RUN));
        if (run - at == SHORTEST_RUN) {
          return at;
        }
        at = run;
      } else {
        at++;
      }
    }
    return end;
  }

  private void flushZeros() throws IOException {
    if (zeros > 0) {
      out.writeByte(ZEROS);
      out.writeLong(zeros);
      zeros = 0;
    }
  }

  /** The bytes from now on are the content of a file, until {@link #takeIn}. */
  void leaveOut(EntryPath path, long size) throws IOException {
    if (!givenUp) {
      flushZeros();
      out.writeByte(CONTENT);
      out.writeLong(size);
      out.writeUTF(path.text());
    }
    leavingOut = true;
  }

  void takeIn() {
    leavingOut = false;
  }

  /**
   * The tar has come to its end.
   *
   * @return size of the file that is kept, 0 for none
   */
  long finish() throws IOException {
    if (givenUp) {
      store.removeTree(file, StoreState.REMOVAL);
      return 0;
    }
    flushZeros();
    out.writeByte(END);
    out.close();
    return counted.bytes;
  }

  @Override
  public void close() {
    deflater.end();
    fd.close();
  }

  private static final class Counted extends FilterOutputStream {
    private long bytes;

    Counted(OutputStream out) {
      super(out);
    }

    @Override
    public void write(byte[] from, int offset, int length) throws IOException {
      out.write(from, offset, length);
      bytes += length;
    }

    /** The descriptor is closed by its owner. */
    @Override
    public void close() throws IOException {
      flush();
    }
  }
}
