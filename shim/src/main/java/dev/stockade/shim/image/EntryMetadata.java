package dev.stockade.shim.image;

import dev.stockade.launcher.linux.Entry;
import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.FileKind;
import dev.stockade.launcher.linux.SyscallException;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;

/**
 * Owner, mode, time and extended attributes of one entry.
 *
 * @param attributes only those an image may set: {@code security.capability} and {@code user.*}.
 *     Labels, ACLs and overlayfs' own marks are the node's, not the image's, and are left out
 */
record EntryMetadata(
    long uid, long gid, int mode, Instant modified, Map<String, byte[]> attributes) {
  /** (uid_t) -1 tells chown(2) to leave the owner alone, so it can be nobody's id. */
  private static final long LARGEST_ID = 0xffff_fffeL;

  /** What all names of attributes begin with that anybody may give a file of his. */
  static final String USER_ATTRIBUTES = "user.";

  private static final String CAPABILITY = "security.capability";
  private static final int LARGEST_CAPABILITY = 24;
  private static final int LARGEST_ATTRIBUTE = 64 << 10;

  static EntryMetadata of(TarArchiveEntry entry, EntryHeader header) throws ImageException {
    return new EntryMetadata(
        id("uid", header.uid()),
        id("gid", header.gid()),
        entry.getMode() & 07777,
        entry.getLastModifiedTime().toInstant(),
        permitted(header.attributes()));
  }

  private static long id(String what, long id) throws ImageException {
    if (id < 0 || id > LARGEST_ID) {
      throw ImageException.refused(what + " " + id + " is not between 0 and " + LARGEST_ID);
    }
    return id;
  }

  private static Map<String, byte[]> permitted(Map<String, byte[]> attributes)
      throws ImageException {
    Map<String, byte[]> permitted = new TreeMap<>();
    for (Map.Entry<String, byte[]> attribute : attributes.entrySet()) {
      String name = attribute.getKey();
      boolean capability = name.equals(CAPABILITY);
      if (capability || name.startsWith(USER_ATTRIBUTES)) {
        int most = capability ? LARGEST_CAPABILITY : LARGEST_ATTRIBUTE;
        if (name.length() > 255 || name.indexOf('\0') >= 0 || attribute.getValue().length > most) {
          throw ImageException.refused("extended attribute " + Quoted.of(name) + " is too large");
        }
        permitted.put(name, attribute.getValue());
      }
    }
    return permitted;
  }

  /** Without capabilities, which are for programs: the kernel would keep them, for nothing. */
  DirectoryAttributes asDirectory() {
    Map<String, byte[]> kept = new TreeMap<>(attributes);
    kept.remove(CAPABILITY);
    return new DirectoryAttributes(uid, gid, mode, modified, kept);
  }

  /**
   * Sets all of what is neither a regular file nor a directory, and has no attributes, in the order
   * in which nothing undoes what went before: chown(2) clears set-id bits and file capabilities.
   */
  void apply(Entry entry, FileKind kind) throws SyscallException {
    entry.owner(uid, gid);
    if (kind != FileKind.SYMLINK) {
      entry.mode(mode);
    }
    entry.times(modified, modified);
  }

  /** As the other, of a regular file that is open. */
  void apply(Fd file) throws SyscallException {
    file.owner(uid, gid);
    file.mode(mode);
    for (Map.Entry<String, byte[]> attribute : attributes.entrySet()) {
      file.setAttribute(attribute.getKey(), attribute.getValue());
    }
    file.times(modified, modified);
  }
}
