package dev.stockade.shim.record;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * Files that are either the old or the new version after a power failure, never a mixture.
 *
 * <p>Written to a temporary name, synced, renamed, and the directory synced, because rename(2)
 * orders names but not the bytes behind them, and a new name is durable only when its directory is
 * (fsync(2)).
 */
final class DurableFile {
  static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY_FILE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
  static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY_DIRECTORY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  private static final String TEMPORARY = ".new";

  private DurableFile() {}

  /** Whether {@link #write} did not live to give the file its name. */
  static boolean isTemporary(String name) {
    return name.startsWith(".") && name.endsWith(TEMPORARY);
  }

  /**
   * Replaces the file with these bytes, mode 0600; the parent directory exists. On failure nothing
   * is left.
   */
  static void write(Path file, byte[] bytes) throws IOException {
    Path parent = parentOf(file);
    Path temporary = parent.resolve("." + file.getFileName() + TEMPORARY);
    Files.deleteIfExists(temporary);
    try (FileChannel channel =
        FileChannel.open(
            temporary,
            Set.of(
                StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
            OWNER_ONLY_FILE)) {
      write(channel, bytes);
    } catch (IOException e) {
      Files.deleteIfExists(temporary);
      throw e;
    }
    Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    syncDirectory(parent);
  }

  /** Adds the bytes at the end of an existing file; on failure the end of the file is as before. */
  static void append(Path file, byte[] bytes) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
      long end = channel.size();
      channel.position(end);
      try {
        write(channel, bytes);
      } catch (IOException e) {
        channel.truncate(end);
        throw e;
      }
    }
  }

  private static void write(FileChannel channel, byte[] bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
    channel.force(false);
  }

  /** Makes names created, renamed or removed in the directory durable. */
  static void syncDirectory(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static Path parentOf(Path file) throws IOException {
    Path parent = file.getParent();
    if (parent == null) {
      throw new IOException("record file " + file + " has no parent directory");
    }
    return parent;
  }
}
