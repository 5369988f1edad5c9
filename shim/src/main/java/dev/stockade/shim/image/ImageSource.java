package dev.stockade.shim.image;

import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/** Named regular files to import from, all of them hostile. */
sealed interface ImageSource extends AutoCloseable
    permits ArchiveSource, DirectorySource, RemoteSource {

  /** The size of the file in bytes, or nothing when there is no regular file of that name. */
  Optional<Long> size(EntryPath name) throws ImageException;

  /** The content; the file must exist. */
  InputStream open(EntryPath name) throws ImageException;

  /** How messages call the source. */
  String describe();

  /** Who gives the content: what two sources of one origin call the same is the same. */
  default String origin() {
    return describe();
  }

  /** Ends the reading of what is open, soon and with exceptions; what is at hand is read on. */
  default void stop() {}

  @Override
  void close() throws ImageException;

  /** The whole file; over {@code limit} bytes, or missing, is refused. */
  default byte[] read(EntryPath name, int limit) throws ImageException {
    long size =
        size(name).orElseThrow(() -> ImageException.refused(describe() + " has no file " + name));
    if (size > limit) {
      throw ImageException.refused(
          describe() + ": " + name + " has " + size + " bytes; at most " + limit + " are read");
    }
    try (InputStream content = open(name)) {
      byte[] bytes = content.readNBytes(limit + 1);
      if (bytes.length > limit) {
        throw ImageException.refused(describe() + ": " + name + " grew over " + limit + " bytes");
      }
      return bytes;
    } catch (IOException e) {
      throw ImageException.storage("read " + name + " of " + describe(), e);
    }
  }
}
