package dev.stockade.shim.image;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Fd;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.zip.InflaterInputStream;

/** Makes the tar of a layer again, from its {@link LayerSkeleton} and its files. */
final class SkeletonReader {
  private static final int BUFFER = 64 << 10;
  private static final int LARGEST_LITERAL = 64 << 20;

  private final Directory store;
  private final String skeleton;
  private final String tree;
  private final byte[] buffer = new byte[BUFFER];
  private final byte[] zeros = new byte[BUFFER];

  SkeletonReader(Directory store, Digest chainId) {
    this.store = store;
    this.skeleton = StoreLayout.layer(chainId) + "/" + StoreLayout.SKELETON;
    this.tree = StoreLayout.content(chainId);
  }

  /** Whether there is one. */
  boolean exists() throws IOException {
    return store.status(skeleton).isPresent();
  }

  /** Bytes of the tar. */
  long size() throws IOException {
    Sum sum = new Sum();
    read(sum);
    return sum.bytes;
  }

  /** Writes the tar; whoever calls compares its digest. */
  void writeTo(OutputStream out) throws IOException {
    try (Directory files = store.directory(tree)) {
      read(new Writer(out, files));
    }
  }

  /** Takes the parts of a tar. */
  private sealed interface Parts {
    /** So many bytes, all of which must be read. */
    void literal(DataInputStream in, int length) throws IOException;

    void zeros(long count) throws IOException;

    void content(String path, long size) throws IOException;
  }

  private void read(Parts parts) throws IOException {
    try (Fd fd = store.openRead(skeleton);
        DataInputStream in =
            new DataInputStream(
                new BufferedInputStream(new InflaterInputStream(fd.input()), BUFFER))) {
      for (int kind = in.readUnsignedByte();
          kind != LayerSkeleton.END;
          kind = in.readUnsignedByte()) {
        switch (kind) {
          case LayerSkeleton.LITERAL -> parts.literal(in, in.readInt());
          case LayerSkeleton.ZEROS -> parts.zeros(in.readLong());
          case LayerSkeleton.CONTENT -> {
            long size = in.readLong();
            parts.content(in.readUTF(), size);
          }
          default -> throw new IOException(skeleton + " is damaged");
        }
      }
    }
  }

  private static final class Sum implements Parts {
    private long bytes;

    @Override
    public void literal(DataInputStream in, int length) throws IOException {
      in.skipNBytes(length);
      bytes += length;
    }

    @Override
    public void zeros(long count) {
      bytes += count;
    }

    @Override
    public void content(String path, long size) {
      bytes += size;
    }
  }

  private final class Writer implements Parts {
    private final OutputStream out;
    private final Directory files;

    Writer(OutputStream out, Directory files) {
      this.out = out;
      this.files = files;
    }

    @Override
    public void literal(DataInputStream in, int length) throws IOException {
      if (length < 0 || length > LARGEST_LITERAL) {
        throw new IOException(skeleton + " is damaged");
      }
      for (int left = length; left > 0; left -= Math.min(left, BUFFER)) {
        int count = Math.min(left, BUFFER);
        in.readFully(buffer, 0, count);
        out.write(buffer, 0, count);
      }
    }

    @Override
    public void zeros(long count) throws IOException {
      for (long left = count; left > 0; left -= Math.min(left, BUFFER)) {
        out.write(zeros, 0, (int) Math.min(left, BUFFER));
      }
    }

    /** A file that is longer or shorter was written twice by its layer. */
    @Override
    public void content(String path, long size) throws IOException {
      try (Fd file = files.openRead(path)) {
        if (file.status().size() != size) {
          throw new IOException(
              Quoted.of(path) + " is in it more than once, and what came first is not kept");
        }
        InputStream in = file.input();
        for (long left = size; left > 0; ) {
          int count = in.read(buffer, 0, (int) Math.min(left, BUFFER));
          if (count < 0) {
            throw new IOException(Quoted.of(path) + " is shorter than it was");
          }
          out.write(buffer, 0, count);
          left -= count;
        }
      }
    }
  }
}
