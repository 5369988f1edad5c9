package dev.stockade.shim.image;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Entry;
import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.FileKind;
import dev.stockade.launcher.linux.SyscallException;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.time.Instant;

/**
 * Modification times of directories, set when the layer is complete because every name made in a
 * directory changes its time. Kept in a file without a name, because there are as many as a hostile
 * layer likes.
 */
final class DirectoryTimes implements AutoCloseable {
  private static final int BUFFER = 8 << 10;

  private final Fd file;
  private final DataOutputStream out;
  private int count;

  /**
   * None yet.
   *
   * @param place where the file may be made, relative to the store
   */
  DirectoryTimes(Directory store, String place) throws SyscallException {
    try (Entry entry = store.entry(place + "/times")) {
      file = entry.createFile(0600);
      entry.unlink();
    }
    out = new DataOutputStream(new BufferedOutputStream(file.output(), BUFFER));
  }

  /** The last word on a directory counts. */
  void put(EntryPath path, Instant modified) throws IOException {
    out.writeUTF(path.text());
    out.writeLong(modified.getEpochSecond());
    out.writeInt(modified.getNano());
    count++;
  }

  void apply(Directory content) throws IOException {
    out.flush();
    file.seek(0);
    DataInputStream in = new DataInputStream(new BufferedInputStream(file.input(), BUFFER));
    for (int i = 0; i < count; i++) {
      String path = in.readUTF();
      apply(content, path, Instant.ofEpochSecond(in.readLong(), in.readInt()));
    }
  }

  /**
   * A later entry may have replaced the directory or one above it; then there is nothing to set.
   */
  private static void apply(Directory content, String path, Instant modified)
      throws SyscallException {
    try (Entry entry = content.entry(path)) {
      if (entry.status().filter(s -> s.kind() == FileKind.DIRECTORY).isPresent()) {
        entry.times(modified, modified);
      }
    } catch (SyscallException e) {
      if (!e.is(Errno.ENOENT) && !e.is(Errno.ENOTDIR) && !e.is(Errno.ELOOP)) {
        throw e;
      }
    }
  }

  @Override
  public void close() {
    file.close();
  }
}
