package dev.stockade.shim.image;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Entry;
import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.linux.FileKind;
import dev.stockade.launcher.linux.FileStatus;
import dev.stockade.launcher.linux.SyscallException;
import java.util.List;
import java.util.Optional;

/**
 * The layers below one that has been unpacked. A directory that a layer implies but does not hold
 * must look as it does there, because overlayfs shows the attributes of the topmost directory.
 */
final class LowerLayers {
  private final Directory store;
  private final List<String> contents;

  /**
   * @param store the image store
   * @param contents layer trees relative to the store, topmost first
   */
  LowerLayers(Directory store, List<String> contents) {
    this.store = store;
    this.contents = List.copyOf(contents);
  }

  /** What the directory looks like in the layers below, or the default when it is not there. */
  DirectoryAttributes attributes(EntryPath path) throws SyscallException, ImageException {
    for (String content : contents) {
      try (Directory layer = store.directory(content)) {
        Optional<FileStatus> status =
            path.isRoot() ? Optional.of(layer.fd().status()) : find(layer, path);
        if (status.isPresent()) {
          return status.get().kind() == FileKind.DIRECTORY
              ? of(layer, path)
              : DirectoryAttributes.DEFAULT;
        }
        if (hides(layer, path)) {
          return DirectoryAttributes.DEFAULT;
        }
      }
    }
    return DirectoryAttributes.DEFAULT;
  }

  private static DirectoryAttributes of(Directory layer, EntryPath path)
      throws SyscallException, ImageException {
    if (path.isRoot()) {
      return DirectoryAttributes.of(layer.fd());
    }
    try (Directory directory = layer.directory(path.text())) {
      return DirectoryAttributes.of(directory.fd());
    }
  }

  private static Optional<FileStatus> find(Directory layer, EntryPath path)
      throws SyscallException {
    try {
      return layer.status(path.text());
    } catch (SyscallException e) {
      if (e.is(Errno.ELOOP) || e.is(Errno.ENOTDIR)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** Whether something in this layer keeps what is at the path in the layers below from showing. */
  private static boolean hides(Directory layer, EntryPath path) throws SyscallException {
    EntryPath above = path.parent();
    while (!above.isRoot()) {
      Optional<FileStatus> status = find(layer, above);
      if (status.isPresent()) {
        return status.get().kind() != FileKind.DIRECTORY || isOpaque(layer, above);
      }
      above = above.parent();
    }
    return false;
  }

  private static boolean isOpaque(Directory layer, EntryPath path) throws SyscallException {
    EntryPath at = path;
    while (!at.isRoot()) {
      try (Entry entry = layer.entry(at.text())) {
        if (entry.attribute(OverlayMark.OPAQUE_ATTRIBUTE).isPresent()) {
          return true;
        }
      }
      at = at.parent();
    }
    return false;
  }
}
