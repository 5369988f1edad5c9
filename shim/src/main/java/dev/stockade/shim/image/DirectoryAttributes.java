package dev.stockade.shim.image;

import dev.stockade.launcher.linux.Entry;
import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.FileStatus;
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

  static DirectoryAttributes of(Fd directory) throws SyscallException {
    FileStatus status = directory.status();
    return new DirectoryAttributes(
        status.uid(),
        status.gid(),
        status.permissions(),
        status.modified(),
        directory.attributes(EntryMetadata.USER_ATTRIBUTES));
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
