package dev.stockade.shim.image;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Entry;
import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.FileKind;
import dev.stockade.launcher.linux.FileStatus;
import dev.stockade.launcher.linux.SyscallException;
import java.io.IOException;
import java.time.Instant;
import java.util.Optional;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveStructSparse;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.jspecify.annotations.Nullable;

/** Writes the entries of one layer into an empty directory. Source: OCI image-spec, layer.md. */
final class LayerUnpacker implements AutoCloseable {
  private static final int BLOCK = 4096;
  private static final int CHUNK = 16 * BLOCK;

  /** From this size on writing begins while the layer is unpacked, and not with the syncfs(2). */
  private static final int LARGE = 2 * CHUNK;

  private static final int WRITTEN_AT_ONCE = 128 * CHUNK;

  private final TarStream tar;
  private final Directory content;
  private final LayerTree tree;
  private final DirectoryTimes times;
  private final ImpliedDirectories implied;
  private final ImageLimits limits;
  private final ImageBudget.Share share;
  private final byte[] chunk = new byte[CHUNK];
  private long bytes;
  private int entries;
  private @Nullable Instant rootModified;

  /**
   * @param implied takes the directories without an entry
   */
  LayerUnpacker(
      TarStream tar,
      Directory content,
      ImpliedDirectories implied,
      DirectoryTimes times,
      ImageLimits limits,
      ImageBudget.Share share) {
    this.tar = tar;
    this.content = content;
    this.implied = implied;
    this.times = times;
    this.limits = limits;
    this.share = share;
    this.tree = new LayerTree(content, implied, times, limits.layerEntries(), share);
  }

  /** Writes everything; refusals name the entry. */
  UnpackedLayer unpack(Digest chainId) throws IOException, ImageException {
    String last = "the start";
    @Nullable TarArchiveEntry entry = next(last);
    while (entry != null) {
      if (++entries > limits.layerEntries()) {
        throw ImageException.refused(
            "has more than " + limits.layerEntries() + " entries (limits.layer_entries)");
      }
      last = "entry " + Quoted.of(entry.getName());
      try {
        write(entry, EntryPath.parse("entry", entry.getName()));
      } catch (ImageException e) {
        throw e.in(last);
      } catch (SyscallException e) {
        throw ImageException.ofEntry(last, e);
      } catch (TransferException e) {
        throw e;
      } catch (IOException e) {
        throw ImageException.refused(last + ": " + e.getMessage());
      }
      entry = next(last);
    }
    times.apply(content);
    if (rootModified != null) {
      content.fd().times(rootModified, rootModified);
    }
    return new UnpackedLayer(chainId, bytes, tree.inodes(), 0, tree.hidesBelow());
  }

  private @Nullable TarArchiveEntry next(String last) throws IOException, ImageException {
    try {
      return tar.next();
    } catch (SyscallException | TransferException e) {
      throw e;
    } catch (ImageException e) {
      throw e.in("after " + last);
    } catch (IOException e) {
      throw ImageException.refused("after " + last + ": " + e.getMessage());
    }
  }

  private void write(TarArchiveEntry entry, EntryPath path) throws IOException, ImageException {
    boolean housekeeping = isHousekeeping(path);
    boolean whiteout = path.name().startsWith(OverlayMark.WHITEOUT_PREFIX);
    requireContentInFilesOnly(entry, housekeeping, whiteout);
    if (housekeeping) {
      return;
    }
    if (whiteout) {
      whiteout(entry, path);
      return;
    }
    EntryMetadata metadata = EntryMetadata.of(entry, tar.header());
    switch (entry.getLinkFlag()) {
      case TarConstants.LF_NORMAL, TarConstants.LF_OLDNORM, TarConstants.LF_CONTIG -> {
        if (entry.getName().endsWith("/")) {
          directory(path, metadata);
        } else {
          file(entry, path, metadata);
        }
      }
      case TarConstants.LF_GNUTYPE_SPARSE -> file(entry, path, metadata);
      case TarConstants.LF_DIR -> directory(path, metadata);
      case TarConstants.LF_LINK -> hardLink(entry, path);
      case TarConstants.LF_SYMLINK -> symlink(entry, path, metadata);
      case TarConstants.LF_CHR -> node(entry, path, metadata, FileKind.CHARACTER_DEVICE);
      case TarConstants.LF_BLK -> node(entry, path, metadata, FileKind.BLOCK_DEVICE);
      case TarConstants.LF_FIFO -> node(entry, path, metadata, FileKind.FIFO);
      default ->
          throw ImageException.refused(
              "is of type "
                  + Quoted.of(String.valueOf((char) entry.getLinkFlag()))
                  + ", which is not accepted");
    }
  }

  /** Some readers would pass over such content and some would read it as further entries. */
  private static void requireContentInFilesOnly(
      TarArchiveEntry entry, boolean housekeeping, boolean whiteout) throws ImageException {
    boolean file =
        switch (entry.getLinkFlag()) {
          case TarConstants.LF_NORMAL, TarConstants.LF_OLDNORM, TarConstants.LF_CONTIG ->
              !entry.getName().endsWith("/");
          case TarConstants.LF_GNUTYPE_SPARSE -> true;
          default -> false;
        };
    if (entry.isSparse() && (!file || housekeeping || whiteout)) {
      throw ImageException.refused("is sparse and no file");
    }
    if (entry.getSize() > 0 && (!file || (whiteout && !housekeeping))) {
      throw ImageException.refused("has content and is no file");
    }
  }

  /** Files of the old union file system, such as its directory of hard links. */
  private static boolean isHousekeeping(EntryPath path) {
    for (String component : path.text().split("/", -1)) {
      if (component.startsWith(OverlayMark.HOUSEKEEPING_PREFIX)
          && !component.equals(OverlayMark.OPAQUE_FILE)) {
        return true;
      }
    }
    return false;
  }

  private void whiteout(TarArchiveEntry entry, EntryPath path) throws IOException, ImageException {
    byte type = entry.getLinkFlag();
    if (type != TarConstants.LF_NORMAL
        && type != TarConstants.LF_OLDNORM
        && type != TarConstants.LF_LINK) {
      throw ImageException.refused("is a whiteout but no regular file");
    }
    if (path.name().equals(OverlayMark.OPAQUE_FILE)) {
      tree.opaque(path.parent());
      return;
    }
    String hidden = path.name().substring(OverlayMark.WHITEOUT_PREFIX.length());
    if (hidden.isEmpty() || hidden.equals(".") || hidden.equals("..")) {
      throw ImageException.refused("is a whiteout of no name");
    }
    tree.whiteout(path.parent().child(hidden));
  }

  private void directory(EntryPath path, EntryMetadata metadata)
      throws IOException, ImageException {
    if (path.isRoot()) {
      implied.remove(path);
      metadata.asDirectory().add(content.fd());
      rootModified = metadata.modified();
      return;
    }
    try (Entry target = tree.entry(path)) {
      tree.makeDirectory(target, path, metadata.asDirectory());
    }
  }

  private void file(TarArchiveEntry entry, EntryPath path, EntryMetadata metadata)
      throws IOException, ImageException {
    long size = entry.getRealSize();
    if (size < 0 || size > limits.layerBytes() - bytes) {
      throw ImageException.refused(
          "makes the layer larger than " + limits.layerBytes() + " bytes (limits.layer_bytes)");
    }
    bytes += size;
    if (path.isRoot()) {
      throw replacesRoot();
    }
    try (Entry target = tree.entry(path);
        Fd file = created(path, target)) {
      if (entry.isSparse()) {
        share.bytes(Math.max(0, size - entry.getSize()));
        for (TarArchiveStructSparse part : SparseMap.parts(entry, tar.left())) {
          file.seek(part.getOffset());
          copy(file, part.getNumbytes());
        }
        file.truncate(size);
      } else {
        tar.leaveOut(path, size);
        copy(file, size);
        tar.takeIn();
      }
      metadata.apply(file);
    }
  }

  /** Mostly the name is free, which the kernel tells while it makes the file. */
  private Fd created(EntryPath path, Entry target) throws IOException, ImageException {
    tree.countInode();
    Optional<Fd> file = target.createUnlessThere();
    if (file.isPresent()) {
      return file.get();
    }
    tree.clear(path, target);
    return target.createFile(0600);
  }

  /** Copies exactly {@code size} bytes. */
  private void copy(Fd file, long size) throws IOException, ImageException {
    long at = 0;
    while (at < size) {
      int count = tar.read(chunk, (int) Math.min(chunk.length, size - at));
      if (count == 0) {
        throw ImageException.refused("ends after " + at + " of " + size + " bytes");
      }
      file.output().write(chunk, 0, count);
      at += count;
      if (at % WRITTEN_AT_ONCE == 0 || (at == size && at >= LARGE)) {
        file.startWriting();
      }
    }
  }

  private void symlink(TarArchiveEntry entry, EntryPath path, EntryMetadata metadata)
      throws IOException, ImageException {
    String to = entry.getLinkName();
    if (to.isEmpty() || to.indexOf('\ufffd') >= 0) {
      throw ImageException.refused("is a symbolic link to a name that is empty or not UTF-8");
    }
    try (Entry target = fresh(path)) {
      target.makeSymlink(to);
      metadata.apply(target, FileKind.SYMLINK);
    }
  }

  /** The target must be in this layer, because a link into a lower layer has no inode to share. */
  private void hardLink(TarArchiveEntry entry, EntryPath path) throws IOException, ImageException {
    EntryPath to = EntryPath.parse("hard link target", entry.getLinkName());
    if (to.isRoot() || to.equals(path) || to.text().startsWith(path.text() + "/")) {
      throw ImageException.refused("is a hard link to itself or to what it replaces");
    }
    try (Entry existing = tree.existing(to)) {
      Optional<FileStatus> status = existing.status();
      if (status.isEmpty()
          || status.get().kind() == FileKind.DIRECTORY
          || OverlayMark.isWhiteout(status.get())) {
        throw ImageException.refused(
            "is a hard link to " + to + ", which is no file of this layer");
      }
      try (Entry target = fresh(path)) {
        target.makeLink(existing);
      }
    }
  }

  private void node(TarArchiveEntry entry, EntryPath path, EntryMetadata metadata, FileKind kind)
      throws IOException, ImageException {
    int major = kind == FileKind.FIFO ? 0 : entry.getDevMajor();
    int minor = kind == FileKind.FIFO ? 0 : entry.getDevMinor();
    if (kind == FileKind.CHARACTER_DEVICE && major == 0 && minor == 0) {
      throw ImageException.refused("is device 0:0, which overlayfs takes for a whiteout");
    }
    if (major < 0 || major >= 1 << 12 || minor < 0 || minor >= 1 << 20) {
      throw ImageException.refused(
          "is device " + major + ":" + minor + ", which Linux does not have");
    }
    try (Entry target = fresh(path)) {
      target.makeNode(kind, 0600, major, minor);
      metadata.apply(target, kind);
    }
  }

  /** The name with nothing there any more. */
  private Entry fresh(EntryPath path) throws IOException, ImageException {
    if (path.isRoot()) {
      throw replacesRoot();
    }
    Entry entry = tree.entry(path);
    try {
      tree.clear(path, entry);
      tree.countInode();
      return entry;
    } catch (IOException | ImageException e) {
      entry.close();
      throw e;
    }
  }

  private static ImageException replacesRoot() {
    return ImageException.refused(
        "replaces the root of the layer by something that is no directory");
  }

  @Override
  public void close() {
    tree.close();
  }
}
