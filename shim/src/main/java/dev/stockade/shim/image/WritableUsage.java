package dev.stockade.shim.image;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.linux.FileKind;
import dev.stockade.launcher.linux.FileStatus;
import dev.stockade.launcher.linux.Listing;
import dev.stockade.launcher.linux.Resolution;
import dev.stockade.launcher.linux.SyscallException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/**
 * What the containers' own layers use, looked at anew after a while. A container writes there as it
 * likes, so the walk has bounds, beyond which nothing more is counted. Thread-safe.
 */
public final class WritableUsage {
  private static final Duration FRESH = Duration.ofSeconds(10);
  private static final int DEEPEST = 128;
  private static final int MOST_ENTRIES = 2_000_000;
  private static final int MOST_NAMES = 1_000_000;
  private static final int BLOCK = 512;
  private static final Set<Errno> UNCOUNTED =
      Set.of(Errno.ENOENT, Errno.ENOTDIR, Errno.ELOOP, Errno.EFBIG);

  private final Path containers;
  private Optional<ImageFsUsage> last = Optional.empty();

  /**
   * Of all containers.
   *
   * @param containers directory with one directory per container
   */
  public WritableUsage(Path containers) {
    this.containers = containers;
  }

  /** What they use, as of at most ten seconds ago. */
  public synchronized ImageFsUsage now() throws ImageException {
    Instant now = Instant.now();
    if (last.isEmpty() || last.get().at().plus(FRESH).isBefore(now)) {
      Walk walk = new Walk();
      try (Directory root = Directory.open(containers, Resolution.BENEATH)) {
        walk.directory(root, 0);
      } catch (SyscallException e) {
        throw ImageException.storage("measure " + containers, e);
      }
      last = Optional.of(new ImageFsUsage(containers, walk.bytes, walk.inodes, now));
    }
    return last.get();
  }

  private static final class Walk {
    private long bytes;
    private long inodes;

    void directory(Directory directory, int depth) throws SyscallException {
      for (Listing.Name name : directory.list(MOST_NAMES)) {
        try {
          Optional<FileStatus> status = directory.status(name.name());
          if (status.isEmpty() || inodes >= MOST_ENTRIES) {
            continue;
          }
          inodes++;
          bytes += status.get().blocks512() * BLOCK;
          if (status.get().kind() == FileKind.DIRECTORY && depth < DEEPEST) {
            try (Directory below = directory.directory(name.name())) {
              directory(below, depth + 1);
            }
          }
        } catch (SyscallException e) {
          // What is removed or replaced meanwhile, or has more names than are looked at, is not
          // counted: no container can make the question fail for all.
          if (!UNCOUNTED.contains(e.errno())) {
            throw e;
          }
        }
      }
    }
  }
}
