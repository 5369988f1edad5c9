package dev.stockade.shim.image;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Entry;
import dev.stockade.launcher.linux.Resolution;
import dev.stockade.launcher.linux.SyscallException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/**
 * The directories of one container's overlay.
 *
 * @param lower unpacked layers, topmost first: the order of overlayfs {@code lowerdir}
 * @param upper the container's own changes, on the same file system as {@code work}
 * @param work overlayfs' scratch directory
 */
public record ContainerRootFs(List<Path> lower, Path upper, Path work) {
  /** Copies the list. */
  public ContainerRootFs {
    lower = List.copyOf(lower);
  }

  /**
   * Makes the upper and the work directory, whose own directory exists.
   *
   * @param what is attempted, for messages
   */
  void make(String what) throws ImageException {
    try (Directory top = Directory.open(lower.get(0), Resolution.BENEATH);
        Directory place =
            Directory.open(Objects.requireNonNull(upper.getParent()), Resolution.BENEATH);
        Entry changes = place.entry(String.valueOf(upper.getFileName()));
        Entry scratch = place.entry(String.valueOf(work.getFileName()))) {
      changes.makeDirectory(0700);
      // What overlayfs shows of a root is the topmost one's, which is this.
      DirectoryAttributes.of(top.fd()).apply(changes);
      scratch.makeDirectory(0700);
    } catch (ImageException e) {
      throw e.in(what);
    } catch (SyscallException e) {
      throw ImageException.ofDirectory(what, e);
    }
  }
}
