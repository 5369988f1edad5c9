package dev.stockade.shim.image;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Entry;
import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.FileStatus;
import dev.stockade.launcher.linux.Resolution;
import dev.stockade.launcher.linux.SyscallException;
import java.time.Instant;
import java.util.Map;

/**
 * What a directory looks like, apart from its content.
 *
 * @param attributes extended ones, {@code user.*} only
 */
record DirectoryAttributes(
    long uid, long gid, int mode, Instant modified, Map<String, byte[]> attributes) {
  static final DirectoryAttributes DEFAULT =
      new DirectoryAttributes(0, 0, 0755, Instant.EPOCH, Map.of());

  /**
   * Bytes of names and values; each entry of a directory adds some, and they are held in memory.
   */
  private static final int MOST_BYTES = 64 << 10;

  static DirectoryAttributes of(Fd directory) throws SyscallException, ImageException {
    FileStatus status = directory.status();
    return new DirectoryAttributes(
        status.uid(), status.gid(), status.permissions(), status.modified(), extended(directory));
  }

  private static Map<String, byte[]> extended(Fd directory)
      throws SyscallException, ImageException {
    try {
      return directory.attributes(EntryMetadata.USER_ATTRIBUTES, MOST_BYTES);
    } catch (SyscallException e) {
      if (e.is(Errno.E2BIG) || e.is(Errno.ERANGE)) {
        throw ImageException.refused(
            "the extended attributes of a directory are larger than " + MOST_BYTES + " bytes");
      }
      throw e;
    }
  }

  /**
   * Sets all but the time, which what is made in the directory changes, and what earlier entries
   * set counts too.
   */
  void add(Entry directory) throws SyscallException, ImageException {
    apply(directory);
    if (!attributes.isEmpty()) {
      try (Directory held = directory.directory(Resolution.BENEATH)) {
        var unused = extended(held.fd());
      }
    }
  }

  /** As the other, of a directory that is held. */
  void add(Fd directory) throws SyscallException, ImageException {
    apply(directory);
    var unused = extended(directory);
  }

  /** Sets all but the time, which what is made in the directory changes. */
  void apply(Entry directory) throws SyscallException {
    directory.owner(uid, gid);
    directory.mode(mode);
    for (Map.Entry<String, byte[]> attribute : attributes.entrySet()) {
      directory.setAttribute(attribute.getKey(), attribute.getValue());
    }
  }

  /** As the other, of a directory that is held. */
  void apply(Fd directory) throws SyscallException {
    directory.owner(uid, gid);
    directory.mode(mode);
    for (Map.Entry<String, byte[]> attribute : attributes.entrySet()) {
      directory.setAttribute(attribute.getKey(), attribute.getValue());
    }
  }
}
