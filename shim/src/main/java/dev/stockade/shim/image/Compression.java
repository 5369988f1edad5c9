package dev.stockade.shim.image;

import io.airlift.compress.zstd.ZstdInputStream;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;

/** How a layer or an archive is compressed, told by its first bytes. */
enum Compression {
  NONE("no compression"),
  GZIP("gzip"),
  ZSTD("zstd");

  private static final int BUFFER = 64 << 10;

  private final String label;

  Compression(String label) {
    this.label = label;
  }

  /** Reads the first bytes and puts them back; the stream must support mark. */
  static Compression of(BufferedInputStream stream) throws IOException, ImageException {
    stream.mark(8);
    byte[] first = stream.readNBytes(6);
    stream.reset();
    if (starts(first, 0x1f, 0x8b)) {
      return GZIP;
    }
    boolean skippable = first.length > 0 && (first[0] & 0xf0) == 0x50;
    if (starts(first, 0x28, 0xb5, 0x2f, 0xfd)
        || (skippable && starts(first, first[0] & 0xff, 0x2a, 0x4d, 0x18))) {
      return ZSTD;
    }
    if (starts(first, 'B', 'Z', 'h')) {
      throw unsupported("bzip2");
    }
    if (starts(first, 0xfd, '7', 'z', 'X', 'Z', 0)) {
      throw unsupported("xz");
    }
    return NONE;
  }

  private static ImageException unsupported(String name) {
    return ImageException.refused(
        "compressed with " + name + "; only gzip, zstd and plain tar are accepted");
  }

  private static boolean starts(byte[] content, int... magic) {
    for (int i = 0; i < magic.length; i++) {
      if (i >= content.length || (content[i] & 0xff) != magic[i]) {
        return false;
      }
    }
    return true;
  }

  InputStream open(InputStream compressed) throws IOException {
    return switch (this) {
      case NONE -> compressed;
      case GZIP -> new GzipMembers(compressed, BUFFER);
      case ZSTD -> new ZstdInputStream(new ZstdFrames(compressed));
    };
  }

  @Override
  public String toString() {
    return label;
  }
}
