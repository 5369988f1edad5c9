package dev.stockade.shim.image;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Entry;
import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.linux.FileKind;
import dev.stockade.launcher.linux.FileStatus;
import dev.stockade.launcher.linux.SyscallException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The tree of one layer while it is unpacked. Every name is resolved by the kernel beneath the
 * tree's own descriptor and through real directories only, so no entry reaches outside, whatever
 * entries came before it.
 */
final class LayerTree implements AutoCloseable {
  private static final Duration REMOVAL = Duration.ofMinutes(1);

  private final Directory content;
  private final ImpliedDirectories implied;
  private final DirectoryTimes times;
  private final int mostInodes;
  private final ImageBudget.Share share;
  private EntryPath heldPath = new EntryPath("");
  private @Nullable Directory held;
  private int inodes = 1;
  private boolean hidesBelow;

  LayerTree(
      Directory content,
      ImpliedDirectories implied,
      DirectoryTimes times,
      int mostInodes,
      ImageBudget.Share share) {
    this.content = content;
    this.implied = implied;
    this.times = times;
    this.mostInodes = mostInodes;
    this.share = share;
  }

  /**
   * The name, with every directory above it made; of use until the next is asked for. The directory
   * stays open, because the entries of a directory mostly follow each other.
   */
  Entry entry(EntryPath path) throws IOException, ImageException {
    EntryPath parent = path.parent();
    if (parent.isRoot()) {
      return content.child(path.name());
    }
    Directory directory = held;
    if (directory == null || !heldPath.equals(parent)) {
      makeParents(path);
      letGo();
      directory = content.directory(parent.text());
      held = directory;
      heldPath = parent;
    }
    return directory.child(path.name());
  }

  /** As {@link #entry}, of use until it is closed. */
  Entry existing(EntryPath path) throws IOException, ImageException {
    makeParents(path);
    return content.entry(path.text());
  }

  private void letGo() {
    Directory directory = held;
    if (directory != null) {
      directory.close();
      held = null;
    }
  }

  private void makeParents(EntryPath path) throws IOException, ImageException {
    Deque<EntryPath> missing = new ArrayDeque<>();
    EntryPath parent = path.parent();
    while (!parent.isRoot() && !isDirectory(parent)) {
      missing.push(parent);
      parent = parent.parent();
    }
    for (EntryPath directory : missing) {
      try (Entry entry = content.entry(directory.text())) {
        imply(entry, directory);
      }
    }
  }

  /** Whether the path is a directory here; false when it is nothing or a whiteout. */
  private boolean isDirectory(EntryPath path) throws SyscallException, ImageException {
    Optional<FileStatus> status;
    try {
      status = content.status(path.text());
    } catch (SyscallException e) {
      if (e.is(Errno.ELOOP)) {
        throw ImageException.refused(
            "a directory above "
                + path
                + " is a symbolic link in this same layer, which is not followed");
      }
      if (e.is(Errno.ENOTDIR)) {
        return false;
      }
      throw e;
    }
    if (status.isEmpty() || OverlayMark.isWhiteout(status.get())) {
      return false;
    }
    if (status.get().kind() == FileKind.SYMLINK) {
      throw ImageException.refused(
          path + " is a symbolic link in this same layer, which is not followed");
    }
    if (status.get().kind() != FileKind.DIRECTORY) {
      throw ImageException.refused(
          path
              + " is no directory in this same layer ("
              + status.get().kind()
              + ") but has entries below it");
    }
    return true;
  }

  /** A directory, new or there already; over a whiteout of this layer it hides what is below. */
  void makeDirectory(Entry entry, EntryPath path, DirectoryAttributes attributes)
      throws IOException, ImageException {
    make(entry);
    attributes.add(entry);
    times.put(path, attributes.modified());
    implied.remove(path);
  }

  private void imply(Entry entry, EntryPath path) throws SyscallException, ImageException {
    make(entry);
    implied.add(path);
  }

  private void make(Entry entry) throws SyscallException, ImageException {
    Optional<FileStatus> old = entry.status();
    if (old.filter(s -> s.kind() == FileKind.DIRECTORY).isEmpty()) {
      boolean whiteout = old.filter(OverlayMark::isWhiteout).isPresent();
      if (old.isPresent()) {
        entry.unlink();
      }
      countInode();
      entry.makeDirectory(0755);
      if (whiteout) {
        makeOpaque(entry);
      }
    }
  }

  /** Takes away what an earlier entry of this layer put at the name. */
  void clear(EntryPath path, Entry entry) throws SyscallException {
    Optional<FileStatus> old = entry.status();
    if (old.isEmpty()) {
      return;
    }
    if (old.get().kind() == FileKind.DIRECTORY) {
      if (heldPath.equals(path) || heldPath.text().startsWith(path.text() + "/")) {
        letGo();
      }
      content.removeTree(path.text(), REMOVAL);
    } else {
      entry.unlink();
    }
  }

  /** Hides what the layers below have at the name; what this layer has there stays. */
  void whiteout(EntryPath path) throws IOException, ImageException {
    try (Entry entry = entry(path)) {
      Optional<FileStatus> there = entry.status();
      if (there.isEmpty()) {
        countInode();
        entry.makeNode(FileKind.CHARACTER_DEVICE, 0, 0, 0);
      } else if (there.get().kind() == FileKind.DIRECTORY) {
        makeOpaque(entry);
      }
    }
  }

  /** Hides all that the layers below have in the directory. */
  void opaque(EntryPath directory) throws IOException, ImageException {
    if (directory.isRoot()) {
      hidesBelow = true;
      return;
    }
    try (Entry entry = entry(directory)) {
      if (!isDirectory(directory)) {
        imply(entry, directory);
      }
      makeOpaque(entry);
    }
  }

  private static void makeOpaque(Entry entry) throws SyscallException {
    entry.setAttribute(OverlayMark.OPAQUE_ATTRIBUTE, OverlayMark.opaque());
  }

  void countInode() throws ImageException {
    if (++inodes > mostInodes) {
      throw ImageException.refused(
          "makes more than " + mostInodes + " files (limits.layer_entries)");
    }
    share.inode();
  }

  /** How many were made, those replaced since included. */
  int inodes() {
    return inodes;
  }

  boolean hidesBelow() {
    return hidesBelow;
  }

  @Override
  public void close() {
    letGo();
  }
}
