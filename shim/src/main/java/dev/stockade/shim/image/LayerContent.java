package dev.stockade.shim.image;

import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * One layer uncompressed, hashed on both sides of the decompression while it is read. Reading past
 * a limit is an IOException; only {@link #finish} says that the content was what was promised. The
 * time limit is for what this node does with it; waiting for bytes may take as long, and a second
 * longer for each 16 KiB that came.
 */
final class LayerContent extends InputStream {
  private static final int BUFFER = 64 << 10;

  /** Below it the ratio is not looked at. */
  static final long RATIO_FREE = 64L << 20;

  /** Bytes a second: whoever serves a layer slower than that must not keep a pull for ever. */
  static final int LEAST_RATE = 16 << 10;

  private final FoundLayer expected;
  private final Digest diffId;
  private final ImageLimits limits;
  private final ImageBudget.Share share;
  private final long began = System.nanoTime();
  private final MessageDigest diffHash;
  private final MessageDigest blobHash;
  private final Counted counted;
  private final InputStream content;
  private final byte[] ready = new byte[BUFFER];
  private int at;
  private int end;
  private long bytes;

  LayerContent(
      InputStream stored,
      FoundLayer expected,
      Digest diffId,
      ImageLimits limits,
      ImageBudget.Share share)
      throws IOException, ImageException {
    this.expected = expected;
    this.diffId = diffId;
    this.limits = limits;
    this.share = share;
    this.diffHash = diffId.algorithm().streamHasher();
    this.blobHash =
        expected.blob().map(Digest::algorithm).orElse(Digest.Algorithm.SHA256).streamHasher();
    this.counted = new Counted(stored);
    BufferedInputStream buffered = new BufferedInputStream(counted, BUFFER);
    Compression compression = Compression.of(buffered);
    if (expected.compression().isPresent() && expected.compression().get() != compression) {
      throw ImageException.refused(
          "its media type says "
              + expected.compression().get()
              + " but the content is "
              + compression);
    }
    this.content = compression.open(buffered);
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    if (at == end && !fill()) {
      return -1;
    }
    int count = Math.min(length, end - at);
    System.arraycopy(ready, at, target, offset, count);
    at += count;
    return count;
  }

  /** Decompresses and hashes the next piece, however small the pieces are that are read. */
  private boolean fill() throws IOException {
    int count = decompress();
    if (count <= 0) {
      return false;
    }
    at = 0;
    end = count;
    bytes += count;
    diffHash.update(ready, 0, count);
    checkSize();
    share.bytes(count);
    checkTime();
    return true;
  }

  /** The zstd decoder tells malformed input by unchecked exceptions. */
  private int decompress() throws IOException {
    try {
      return content.read(ready, 0, ready.length);
    } catch (RuntimeException e) {
      throw new IOException("is malformed: " + e.getMessage(), e);
    }
  }

  private void checkSize() throws IOException {
    if (bytes > limits.layerBytes()) {
      throw new IOException(
          "is larger than " + limits.layerBytes() + " bytes uncompressed (limits.layer_bytes)");
    }
    if (bytes > RATIO_FREE && bytes / Math.max(1, counted.bytes) > limits.compressionRatio()) {
      throw new IOException(
          "expands more than " + limits.compressionRatio() + " times (limits.compression_ratio)");
    }
  }

  /** Also of what is read and gives nothing, such as the header of a compressed stream. */
  private void checkTime() throws IOException {
    if (Thread.currentThread().isInterrupted()) {
      throw new InterruptedIOException("is not wanted any more");
    }
    long allowed = limits.layerTimeout().toNanos();
    if (System.nanoTime() - began - counted.waited > allowed) {
      throw new IOException("took longer to unpack than allowed (limits.layer_timeout)");
    }
    if (counted.waited - TimeUnit.SECONDS.toNanos(counted.bytes / LEAST_RATE) > allowed) {
      throw new IOException(
          "arrives too slowly: "
              + counted.bytes
              + " bytes in "
              + TimeUnit.NANOSECONDS.toSeconds(counted.waited)
              + " s, where 16 KiB a second are the least after "
              + limits.layerTimeout().toSeconds()
              + " s (limits.layer_timeout)");
    }
  }

  /** Reads what is left and compares digests and size. */
  void finish() throws IOException, ImageException {
    transferTo(OutputStream.nullOutputStream());
    counted.transferTo(OutputStream.nullOutputStream());
    Optional<Digest> blob = expected.blob();
    if (expected.size().isPresent() && expected.size().get() != counted.bytes) {
      throw ImageException.refused(
          "has " + counted.bytes + " bytes where its descriptor says " + expected.size().get());
    }
    if (blob.isPresent()) {
      compare("the stored layer", blob.get(), blobHash);
    }
    compare("the uncompressed layer", diffId, diffHash);
  }

  private static void compare(String what, Digest promised, MessageDigest hash)
      throws ImageException {
    Digest actual = Digest.ofHash(promised.algorithm(), hash.digest());
    if (!actual.equals(promised)) {
      throw ImageException.refused(
          what + " has digest " + actual + " where " + promised + " was promised");
    }
  }

  @Override
  public void close() throws IOException {
    content.close();
  }

  /** What is stored: hashed, and how long it was waited for. */
  private final class Counted extends FilterInputStream {
    private long bytes;
    private long waited;
    private boolean ended;

    Counted(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      checkTime();
      long asked = System.nanoTime();
      int count = super.read(target, offset, length);
      waited += System.nanoTime() - asked;
      ended |= count < 0;
      if (count > 0) {
        blobHash.update(target, offset, count);
        bytes += count;
        checkStored();
      }
      return count;
    }

    /** What is skipped between frames has no uncompressed bytes, and would never end. */
    private void checkStored() throws IOException {
      if (bytes > limits.layerBytes()) {
        throw new IOException(
            "is larger than " + limits.layerBytes() + " bytes as stored (limits.layer_bytes)");
      }
    }

    @Override
    public long skip(long wanted) throws IOException {
      byte[] passed = new byte[(int) Math.max(0, Math.min(wanted, BUFFER))];
      return Math.max(0, read(passed, 0, passed.length));
    }

    /** GZIPInputStream takes 0 for the end and would not look for another member. */
    @Override
    public int available() {
      return ended ? 0 : 1;
    }

    @Override
    public boolean markSupported() {
      return false;
    }
  }
}
