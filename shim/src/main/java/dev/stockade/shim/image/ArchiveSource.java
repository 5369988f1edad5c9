package dev.stockade.shim.image;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Entry;
import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.Resolution;
import dev.stockade.launcher.linux.SyscallException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.jspecify.annotations.Nullable;

/**
 * A tar archive, read once for its table of contents and then at the offsets found, so that nothing
 * of a plain archive is copied. A compressed one is first uncompressed to a file without a name in
 * the staging directory.
 */
final class ArchiveSource implements ImageSource {
  private static final int MOST_ENTRIES = 20_000;

  private final Fd file;
  private final String label;
  private final Map<EntryPath, Region> files = new HashMap<>();
  private final Map<EntryPath, EntryPath> links = new HashMap<>();

  private record Region(long offset, long size) {}

  private ArchiveSource(Fd file, String label) {
    this.file = file;
    this.label = label;
  }

  static ArchiveSource open(Path path, Directory staging, ImageLimits limits)
      throws ImageException {
    try {
      ArchiveSource source =
          new ArchiveSource(uncompressed(path, staging, limits), path.toString());
      try {
        source.readContents();
        return source;
      } catch (IOException | ImageException e) {
        source.close();
        throw e;
      }
    } catch (ImageException e) {
      throw e.in(path.toString());
    } catch (SyscallException e) {
      throw ImageException.storage("read archive " + path, e);
    } catch (IOException e) {
      throw ImageException.refused("archive " + path + ": " + e.getMessage());
    }
  }

  private static Fd uncompressed(Path path, Directory staging, ImageLimits limits)
      throws IOException, ImageException {
    Fd stored = openRegular(path);
    boolean keep = false;
    try {
      FileRegion region = new FileRegion(stored, 0, stored.status().size());
      BufferedInputStream buffered = new BufferedInputStream(region);
      Compression compression = Compression.of(buffered);
      if (compression == Compression.NONE) {
        keep = true;
        return stored;
      }
      return spool(compression.open(buffered), stored.status().size(), staging, limits);
    } finally {
      if (!keep) {
        stored.close();
      }
    }
  }

  private static Fd openRegular(Path path) throws ImageException {
    Path absolute = path.toAbsolutePath();
    Path parent = absolute.getParent();
    try (Directory directory =
        Directory.open(parent == null ? absolute : parent, Resolution.BENEATH)) {
      return directory.openRead(String.valueOf(absolute.getFileName()));
    } catch (SyscallException e) {
      if (e.is(Errno.EACCES)) {
        throw ImageException.unreadable("open", e);
      }
      throw e.is(Errno.ENOENT) || e.is(Errno.ENOTDIR)
          ? ImageException.notFound(String.valueOf(e.getMessage()))
          : ImageException.refused(String.valueOf(e.getMessage()));
    }
  }

  private static Fd spool(
      InputStream content, long compressed, Directory staging, ImageLimits limits)
      throws IOException, ImageException {
    try (Entry name = staging.entry("archive")) {
      Fd spool = name.createFile(0600);
      boolean keep = false;
      try {
        name.unlink();
        copy(content, compressed, spool.output(), limits);
        keep = true;
        return spool;
      } finally {
        if (!keep) {
          spool.close();
        }
      }
    }
  }

  private static void copy(
      InputStream content, long compressed, OutputStream spool, ImageLimits limits)
      throws IOException, ImageException {
    byte[] chunk = new byte[64 << 10];
    long bytes = 0;
    for (int count = read(content, chunk); count >= 0; count = read(content, chunk)) {
      bytes += count;
      if (bytes > limits.imageBytes()) {
        throw ImageException.refused(
            "is larger than " + limits.imageBytes() + " bytes uncompressed (limits.image_bytes)");
      }
      if (bytes > LayerContent.RATIO_FREE
          && bytes / Math.max(1, compressed) > limits.compressionRatio()) {
        throw ImageException.refused(
            "expands more than " + limits.compressionRatio() + " times (limits.compression_ratio)");
      }
      spool.write(chunk, 0, count);
    }
  }

  private static int read(InputStream content, byte[] chunk) throws IOException {
    try {
      return content.read(chunk);
    } catch (RuntimeException e) {
      throw new IOException("is malformed: " + e.getMessage(), e);
    }
  }

  private void readContents() throws IOException, ImageException {
    TarStream tar = new TarStream(new FileRegion(file, 0, file.status().size()));
    int entries = 0;
    @Nullable TarArchiveEntry entry = tar.next();
    while (entry != null) {
      if (++entries > MOST_ENTRIES) {
        throw ImageException.refused("has more than " + MOST_ENTRIES + " entries");
      }
      add(entry, EntryPath.parse("archive entry", entry.getName()), tar.position());
      entry = tar.next();
    }
  }

  private void add(TarArchiveEntry entry, EntryPath path, long position) throws ImageException {
    if (entry.isSparse()) {
      throw ImageException.refused("entry " + path + " is a sparse file, which is not accepted");
    }
    boolean file =
        entry.getLinkFlag() == TarConstants.LF_NORMAL
            || entry.getLinkFlag() == TarConstants.LF_OLDNORM;
    if (entry.getSize() > 0 && (!file || entry.getName().endsWith("/"))) {
      throw ImageException.refused("entry " + path + " has content and is no file");
    }
    switch (entry.getLinkFlag()) {
      case TarConstants.LF_NORMAL, TarConstants.LF_OLDNORM -> {
        if (!entry.getName().endsWith("/")) {
          addOnce(path, files.put(path, new Region(position, entry.getSize())) != null);
        }
      }
      case TarConstants.LF_SYMLINK -> {
        Optional<EntryPath> target = target(path, entry.getLinkName());
        if (target.isPresent()) {
          addOnce(path, links.put(path, target.get()) != null);
        }
      }
      case TarConstants.LF_DIR -> {}
      default ->
          throw ImageException.refused("entry " + path + " is no file, directory or symbolic link");
    }
  }

  private void addOnce(EntryPath path, boolean again) throws ImageException {
    if (again || (files.containsKey(path) && links.containsKey(path))) {
      throw ImageException.refused("is ambiguous: it has entry " + path + " twice");
    }
  }

  /** {@code docker save} once wrote a layer that two images share as {@code ../OTHER/layer.tar}. */
  private static Optional<EntryPath> target(EntryPath link, String to) throws ImageException {
    EntryPath directory = link.parent();
    String rest = to;
    while (rest.startsWith("../") && !directory.isRoot()) {
      directory = directory.parent();
      rest = rest.substring(3);
    }
    EntryPath below = EntryPath.parse("symbolic link target", rest);
    return below.isRoot() ? Optional.empty() : Optional.of(directory.child(below.text()));
  }

  private Optional<Region> region(EntryPath name) {
    EntryPath target = links.getOrDefault(name, name);
    return Optional.ofNullable(files.get(target));
  }

  @Override
  public Optional<Long> size(EntryPath name) {
    return region(name).map(Region::size);
  }

  @Override
  public InputStream open(EntryPath name) throws ImageException {
    Region region =
        region(name).orElseThrow(() -> ImageException.refused(label + " has no file " + name));
    return new FileRegion(file, region.offset(), region.size());
  }

  @Override
  public String describe() {
    return label;
  }

  @Override
  public void close() {
    file.close();
  }
}
