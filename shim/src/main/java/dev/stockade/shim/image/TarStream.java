package dev.stockade.shim.image;

import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;

/**
 * The entries of a hostile tar. The library only reads headers: it holds all header blocks of one
 * entry in memory and recurses over them, so what it may read between two entries is bounded here.
 * The same blocks are kept for {@link EntryHeaderReader}, which says where the content starts and
 * ends; the library would go by the size of a sparse file, and find entries that others do not.
 */
final class TarStream {
  private static final int BLOCK = 512;
  private static final int MOST_HEADER_BYTES = 256 << 10;

  private final Metered metered;
  private final Optional<LayerSkeleton> skeleton;
  private final Entries tar;
  private final byte[] padding = new byte[BLOCK];
  private EntryHeader header = EntryHeader.NONE;
  private long end;

  TarStream(InputStream content) {
    this(content, Optional.empty());
  }

  /**
   * As the other.
   *
   * @param skeleton takes every byte, also of what is passed
   */
  TarStream(InputStream content, Optional<LayerSkeleton> skeleton) {
    this.skeleton = skeleton;
    this.metered = new Metered(content, skeleton);
    this.tar = new Entries(metered);
  }

  /** The next entry, or null at the end of the archive. */
  @Nullable TarArchiveEntry next() throws IOException, ImageException {
    try {
      passEntry();
      long start = metered.position;
      metered.startHeader();
      TarArchiveEntry entry = tar.getNextEntry();
      if (entry != null && !entry.isCheckSumOK()) {
        throw ImageException.refused("a header with a wrong checksum");
      }
      tar.leaveEntry();
      header = EntryHeaderReader.read(metered.header());
      end = entry == null ? metered.position : end(entry, start + header.bytes());
      return entry;
    } catch (IllegalArgumentException | ArithmeticException | IndexOutOfBoundsException e) {
      throw ImageException.refused(
          "not an acceptable tar: " + Quoted.of(String.valueOf(e.getMessage())));
    } finally {
      metered.endHeader();
    }
  }

  /** Where the content ends that starts there. */
  private long end(TarArchiveEntry entry, long start) throws ImageException {
    // Of GNU tar's newest form of sparse files the library has read the map, the first of what is
    // stored.
    boolean mapRead = entry.isPaxGNU1XSparse() && metered.position <= start + header.size();
    if (entry.getSize() != header.size() || (metered.position != start && !mapRead)) {
      throw ImageException.refused(
          "entry " + Quoted.of(entry.getName()) + ": readers disagree on where its header ends");
    }
    return start + header.size();
  }

  /**
   * Passes what is left of the entry before, and its padding. An archive may end without the
   * padding of its last entry, as umoci 0.4.7 writes them and Go's reader takes them; one that ends
   * within it was cut off.
   */
  private void passEntry() throws IOException {
    while (left() > 0) {
      if (metered.skip(left()) == 0 && metered.read() < 0) {
        throw new IOException("the archive is cut off within the content of an entry");
      }
    }
    int count = (int) (-metered.position & (BLOCK - 1));
    int got = metered.readNBytes(padding, 0, count);
    if (got != 0 && got != count) {
      throw new IOException("the archive is cut off within the padding of an entry");
    }
  }

  /** What the library does not tell of the entry last returned. */
  EntryHeader header() {
    return header;
  }

  /** Where the content of the entry last returned starts, in bytes from the start of the tar. */
  long position() {
    return metered.position;
  }

  /** How many bytes of the content of the entry last returned have not been read. */
  long left() {
    return end - metered.position;
  }

  /** Reads the next so many bytes of that content, fewer only where there are no more. */
  int read(byte[] target, int count) throws IOException {
    return metered.readNBytes(target, 0, (int) Math.min(count, left()));
  }

  /** The content of the entry last returned, which is a plain file, is kept at a path. */
  void leaveOut(EntryPath path, long size) throws IOException {
    if (skeleton.isPresent()) {
      skeleton.get().leaveOut(path, size);
    }
  }

  /** That content has been read. */
  void takeIn() {
    skeleton.ifPresent(LayerSkeleton::takeIn);
  }

  /** Reads what is behind the end of the archive. */
  void drain() throws IOException {
    metered.transferTo(OutputStream.nullOutputStream());
  }

  private static final class Entries extends TarArchiveInputStream {
    Entries(InputStream content) {
      super(content, "UTF-8");
    }

    /** Its content is read and passed without the library. */
    void leaveEntry() {
      setCurrentEntry(null);
    }
  }

  private static final class Metered extends FilterInputStream {
    private final Optional<LayerSkeleton> skeleton;
    private final ByteArrayOutputStream header = new ByteArrayOutputStream();
    private boolean inHeader;
    private long position;

    Metered(InputStream in, Optional<LayerSkeleton> skeleton) {
      super(in);
      this.skeleton = skeleton;
    }

    void startHeader() {
      header.reset();
      inHeader = true;
    }

    void endHeader() {
      inHeader = false;
    }

    byte[] header() {
      return header.toByteArray();
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      int count = super.read(target, offset, length);
      if (count > 0) {
        position += count;
        keep(target, offset, count);
        if (skeleton.isPresent()) {
          skeleton.get().bytes(target, offset, count);
        }
      }
      return count;
    }

    @Override
    public long skip(long wanted) throws IOException {
      if (!inHeader && skeleton.isEmpty()) {
        long skipped = super.skip(wanted);
        position += skipped;
        return skipped;
      }
      byte[] passed = new byte[(int) Math.max(0, Math.min(wanted, 8192))];
      return Math.max(0, read(passed, 0, passed.length));
    }

    @Override
    public boolean markSupported() {
      return false;
    }

    private void keep(byte[] target, int offset, int count) throws IOException {
      if (inHeader) {
        if (header.size() + count > MOST_HEADER_BYTES) {
          throw new IOException(
              "the headers of one entry are larger than " + MOST_HEADER_BYTES + " bytes");
        }
        header.write(target, offset, count);
      }
    }
  }
}
