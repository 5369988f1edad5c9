package dev.stockade.shim.image;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Entry;
import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.linux.FileKind;
import dev.stockade.launcher.linux.SyscallException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/**
 * Modification times of directories, set when the layer is complete because every name made in a
 * directory changes its time. Bounded, because the names are hostile and are kept in memory.
 */
final class DirectoryTimes {
  private static final int MOST_DIRECTORIES = 300_000;
  private static final int MOST_CHARACTERS = 32 << 20;

  private final Map<EntryPath, Instant> times = new HashMap<>();
  private long characters;

  void put(EntryPath path, Instant modified) throws ImageException {
    if (times.put(path, modified) == null) {
      characters += path.text().length();
      if (times.size() > MOST_DIRECTORIES || characters > MOST_CHARACTERS) {
        throw ImageException.refused(
            "has more than " + MOST_DIRECTORIES + " directories, or 32 MiB of their names");
      }
    }
  }

  void apply(Directory content) throws SyscallException {
    for (Map.Entry<EntryPath, Instant> time : times.entrySet()) {
      apply(content, time.getKey(), time.getValue());
    }
  }

  /**
   * A later entry may have replaced the directory or one above it; then there is nothing to set.
   */
  private static void apply(Directory content, EntryPath path, Instant modified)
      throws SyscallException {
    try (Entry entry = content.entry(path.text())) {
      if (entry.status().filter(s -> s.kind() == FileKind.DIRECTORY).isPresent()) {
        entry.times(modified, modified);
      }
    } catch (SyscallException e) {
      if (!e.is(Errno.ENOENT) && !e.is(Errno.ENOTDIR) && !e.is(Errno.ELOOP)) {
        throw e;
      }
    }
  }
}
