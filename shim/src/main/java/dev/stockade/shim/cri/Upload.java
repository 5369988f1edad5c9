package dev.stockade.shim.cri;

import com.google.protobuf.ByteString;
import dev.stockade.shim.call.CallFailure;
import dev.stockade.shim.image.ImageException;
import dev.stockade.shim.image.ImageStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** An archive that comes in pieces, kept in a file of the image store until it is whole. */
final class Upload {
  private static final System.Logger LOG = System.getLogger(Upload.class.getName());
  private static final long LARGEST = 64L << 30;

  private final ImageStore images;
  private final Path directory;
  private final FileChannel channel;
  private long written;

  private Upload(ImageStore images, Path directory) throws IOException {
    this.images = images;
    this.directory = directory;
    this.channel =
        FileChannel.open(file(), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
  }

  static Upload begin(ImageStore images) throws ImageException, IOException {
    Path directory = images.newStaging();
    try {
      return new Upload(images, directory);
    } catch (IOException e) {
      images.removeStaging(directory);
      throw e;
    }
  }

  void add(ByteString chunk) throws CallFailure, IOException {
    written += chunk.size();
    if (written > LARGEST) {
      throw new CallFailure(
          CallFailure.Kind.INVALID,
          "Import refused: chunk: the archive is larger than "
              + LARGEST
              + " bytes; import it from a path");
    }
    ByteBuffer bytes = chunk.asReadOnlyByteBuffer();
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  Path file() {
    return directory.resolve("archive.tar");
  }

  /** Deletes it; repeatable. */
  void discard() {
    try {
      channel.close();
      images.removeStaging(directory);
    } catch (IOException | ImageException e) {
      LOG.log(System.Logger.Level.WARNING, "cannot delete upload " + directory, e);
    }
  }
}
