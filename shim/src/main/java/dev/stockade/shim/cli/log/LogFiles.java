package dev.stockade.shim.cli.log;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;

/**
 * The files of one container's log: the present one and those the kubelet renamed away from it, to
 * {@code NAME.YYYYMMDD-hhmmss}, the older ones compressed.
 */
final class LogFiles {
  private static final Pattern ROTATED = Pattern.compile("\\.\\d{8}-\\d{6}(\\.gz)?");
  private static final String COMPRESSED = ".gz";

  private LogFiles() {}

  /** The renamed files, oldest first. */
  static List<Path> rotated(Path present) throws IOException {
    Path directory = present.toAbsolutePath().getParent();
    String name = present.getFileName().toString();
    List<Path> found = new ArrayList<>();
    if (directory != null && Files.isDirectory(directory)) {
      try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
        for (Path file : files) {
          String other = file.getFileName().toString();
          if (other.startsWith(name) && ROTATED.matcher(other.substring(name.length())).matches()) {
            found.add(file);
          }
        }
      }
    }
    found.sort(null);
    return found;
  }

  /** A renamed file's records as bytes, unpacked. */
  static InputStream open(Path file) throws IOException {
    InputStream bytes = new BufferedInputStream(Channels.newInputStream(channel(file)));
    if (!file.toString().endsWith(COMPRESSED)) {
      return bytes;
    }
    try {
      return new GZIPInputStream(bytes, 64 << 10);
    } catch (IOException e) {
      bytes.close();
      throw e;
    }
  }

  /**
   * Opens a log file for reading. Links are not followed and only a regular file is opened, because
   * others than us may write to log directories, and opening a FIFO would wait for ever.
   */
  static FileChannel channel(Path file) throws IOException {
    BasicFileAttributes attributes =
        Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    if (!attributes.isRegularFile()) {
      throw new NoSuchFileException(file.toString(), null, "not a regular file");
    }
    return FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
  }
}
