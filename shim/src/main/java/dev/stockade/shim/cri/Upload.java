package dev.stockade.shim.cri;

import com.google.protobuf.ByteString;
import dev.stockade.shim.call.CallFailure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;

/** An archive that comes in pieces, kept in a file until it is whole. */
final class Upload {
  private static final System.Logger LOG = System.getLogger(Upload.class.getName());
  private static final long LARGEST = 64L << 30;

  private final Path file;
  private final FileChannel channel;
  private long written;

  private Upload(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  static Upload begin(Path directory) throws IOException {
    Path file =
        Files.createTempFile(
            directory,
            "upload",
            ".tar",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    return new Upload(file, FileChannel.open(file, StandardOpenOption.WRITE));
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
    return file;
  }

  /** Deletes the file; repeatable. */
  void discard() {
    try {
      channel.close();
      Files.deleteIfExists(file);
    } catch (IOException e) {
      LOG.log(System.Logger.Level.WARNING, "cannot delete upload " + file, e);
    }
  }
}
