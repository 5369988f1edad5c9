package dev.stockade.shim.image;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Resolution;
import dev.stockade.launcher.linux.SyscallException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** What the containers' own layers use, looked at anew after a while. Thread-safe. */
public final class WritableUsage {
  private static final Duration FRESH = Duration.ofSeconds(10);

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
      TreeUsage usage = new TreeUsage();
      try (Directory root = Directory.open(containers, Resolution.BENEATH)) {
        usage.addBeneath(root);
      } catch (SyscallException e) {
        throw ImageException.storage("measure " + containers, e);
      }
      last = Optional.of(new ImageFsUsage(containers, usage.bytes(), usage.inodes(), now));
    }
    return last.get();
  }

  /** What one container's own layer uses now; nothing if there is none. */
  public ImageFsUsage of(String containerId) throws ImageException {
    TreeUsage usage = new TreeUsage();
    try (Directory root = Directory.open(containers, Resolution.BENEATH)) {
      usage.add(root, Lease.checkId(containerId) + "/" + ImageStore.UPPER);
    } catch (SyscallException e) {
      throw ImageException.storage("measure container " + containerId, e);
    }
    return new ImageFsUsage(
        containers.resolve(containerId), usage.bytes(), usage.inodes(), Instant.now());
  }
}
