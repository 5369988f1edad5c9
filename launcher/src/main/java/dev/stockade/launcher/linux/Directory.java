package dev.stockade.launcher.linux;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A held directory. Every path is relative to it and resolved by the kernel beneath it as {@link
 * Resolution} says, so that neither {@code ..} nor a planted symbolic link reaches anything else.
 * Failures are {@link SyscallException}s.
 */
public final class Directory implements AutoCloseable {
  private static final int OPEN = Flags.O_RDONLY | Flags.O_DIRECTORY;

  private final Fd fd;
  private final Resolution resolution;
  private final String label;

  private Directory(Fd fd, Resolution resolution, String label) {
    this.fd = fd;
    this.resolution = resolution;
    this.label = label;
  }

  /** A directory of the host by absolute path; links in the path are followed. */
  public static Directory open(Path path, Resolution resolution) throws SyscallException {
    return new Directory(Opening.host(path, OPEN), resolution, path.toString());
  }

  /** Takes ownership of a descriptor of a directory, for example a detached mount. */
  public static Directory of(Fd fd, Resolution resolution, String label) {
    return new Directory(fd, resolution, label);
  }

  /**
   * A directory of our own, mode 0700: created with its parents, which are as private, when
   * missing.
   *
   * @throws SyscallException EPERM if it exists and belongs to another user or is open to others
   */
  public static Directory openPrivate(Path path) throws SyscallException {
    Path parent = path.getParent();
    if (parent != null) {
      try (Directory root = open(Path.of("/"), Resolution.IN_ROOT)) {
        root.makeDirectories(parent.toString(), 0700);
      }
      try (Directory holder = open(parent, Resolution.BENEATH)) {
        String name = String.valueOf(path.getFileName());
        holder.makeDirectories(name, 0700);
      }
    }
    Directory directory = open(path, Resolution.BENEATH);
    FileStatus status = directory.fd.status();
    if (status.uid() == Kernel.call(Syscall.GETEUID) && (status.permissions() & 077) == 0) {
      return directory;
    }
    directory.close();
    throw new SyscallException(
        "open",
        Errno.EPERM,
        path.toString(),
        "must belong to this user with mode 0700; remove it or choose another directory");
  }

  /** The directory's own descriptor; it stays owned by this object. */
  public Fd fd() {
    return fd;
  }

  @Override
  public String toString() {
    return label;
  }

  String describe(String path) {
    return path.isEmpty() ? label : label + "/" + path;
  }

  private Fd open(String path, int flags) throws SyscallException {
    String relative = relative(path);
    try (Scratch scratch = Scratch.open();
        Fd.Use use = fd.use()) {
      return Opening.at(
          scratch,
          use.number(),
          scratch.string(relative),
          flags,
          0,
          resolution.flags(),
          describe(path));
    }
  }

  private static String relative(String path) {
    int start = 0;
    while (start < path.length() && path.charAt(start) == '/') {
      start++;
    }
    return start == path.length() ? "." : path.substring(start);
  }

  /**
   * A directory beneath, itself with the same resolution: of a tree of an image, its links end at
   * the new one.
   */
  public Directory directory(String path) throws SyscallException {
    return new Directory(open(path, OPEN), resolution, describe(path));
  }

  /** A descriptor with O_PATH: names the inode, reads nothing, wakes no device. */
  public Fd openPath(String path) throws SyscallException {
    return open(path, Flags.O_PATH);
  }

  /**
   * One name in a directory beneath, which need not exist; the last component is never followed.
   */
  public Entry entry(String path) throws SyscallException {
    String clean = relative(path);
    while (clean.endsWith("/")) {
      clean = clean.substring(0, clean.length() - 1);
    }
    int slash = clean.lastIndexOf('/');
    String name = clean.substring(slash + 1);
    if (name.isEmpty() || name.equals(".") || name.equals("..")) {
      throw new SyscallException("openat2", Errno.EINVAL, describe(path), "no name at its end");
    }
    Fd parent = open(slash < 0 ? "." : clean.substring(0, slash), OPEN);
    return new Entry(parent, name, describe(path));
  }

  /**
   * One name in this very directory.
   *
   * @return an entry that is of use while this directory is open
   */
  public Entry child(String name) throws SyscallException {
    if (name.isEmpty() || name.equals(".") || name.equals("..") || name.indexOf('/') >= 0) {
      throw new SyscallException("openat2", Errno.EINVAL, describe(name), "no single name");
    }
    return new Entry(fd, name.getBytes(StandardCharsets.UTF_8), describe(name), false);
  }

  /** Empty when there is nothing at the path; a last link is not followed. */
  public Optional<FileStatus> status(String path) throws SyscallException {
    try (Entry entry = entry(path)) {
      return entry.status();
    } catch (SyscallException e) {
      if (e.is(Errno.ENOENT)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /**
   * A regular file for reading. Anything else is refused without being opened, because opening a
   * device or a fifo has effects of its own.
   */
  public Fd openRead(String path) throws SyscallException {
    try (Fd named = openPath(path)) {
      FileStatus status = named.status();
      if (status.kind() != FileKind.REGULAR) {
        throw new SyscallException(
            "open", Errno.EINVAL, describe(path), "not a regular file but " + status.kind());
      }
      try (Fd.Use use = named.use()) {
        return Opening.host(
            Path.of("/proc/self/fd/" + use.number()), Flags.O_RDONLY | Flags.O_NOCTTY);
      }
    }
  }

  /**
   * The whole content of a regular file.
   *
   * @param limit bytes; a longer file is EFBIG
   */
  public byte[] readBounded(String path, int limit) throws IOException {
    try (Fd file = openRead(path)) {
      return readBounded(file, limit, describe(path));
    }
  }

  static byte[] readBounded(Fd file, int limit, String target) throws IOException {
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    byte[] chunk = new byte[Math.min(limit, 8192) + 1];
    InputStream input = file.input();
    for (int got = input.read(chunk); got >= 0; got = input.read(chunk)) {
      content.write(chunk, 0, got);
      if (content.size() > limit) {
        throw new SyscallException("read", Errno.EFBIG, target, "more than " + limit + " bytes");
      }
    }
    return content.toByteArray();
  }

  /** As {@link #readBounded(String, int)}; empty when there is no such file. */
  public Optional<byte[]> readIfPresent(String path, int limit) throws IOException {
    try {
      return Optional.of(readBounded(path, limit));
    } catch (SyscallException e) {
      if (e.is(Errno.ENOENT)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /**
   * A new regular file for writing; EEXIST if the name is taken, by whatever. The mode is exact.
   */
  public Fd createFile(String path, int mode) throws SyscallException {
    try (Entry entry = entry(path)) {
      return entry.createFile(mode);
    }
  }

  /** Each missing component is created with exactly this mode; {@code ..} is refused. */
  public void makeDirectories(String path, int mode) throws SyscallException {
    StringBuilder prefix = new StringBuilder();
    for (String component : path.split("/", -1)) {
      if (component.isEmpty() || component.equals(".")) {
        continue;
      }
      if (component.equals("..")) {
        throw new SyscallException("mkdirat", Errno.EINVAL, describe(path), "holds a ..");
      }
      prefix.append(prefix.length() == 0 ? "" : "/").append(component);
      makeDirectoryIfMissing(prefix.toString(), mode);
    }
  }

  private void makeDirectoryIfMissing(String path, int mode) throws SyscallException {
    try {
      open(path, Flags.O_PATH | Flags.O_DIRECTORY).close();
    } catch (SyscallException e) {
      if (!e.is(Errno.ENOENT)) {
        throw e;
      }
      try (Entry entry = entry(path)) {
        entry.makeDirectoryUnlessThere(mode);
      }
    }
  }

  /**
   * Replaces a file durably: written under a temporary name, fsync(2), renamed, the directory
   * fsynced. After a crash the name holds either the old or the new content. Two writers of one
   * name at a time: one gets EEXIST.
   */
  public void writeAtomically(String path, byte[] content, int mode) throws IOException {
    try (Replacement replacement = replacement(path, content, mode)) {
      replacement.publish();
    }
  }

  /**
   * The first half of {@link #writeAtomically}: what there may be no room for is done, and nothing
   * has changed yet.
   */
  public Replacement replacement(String path, byte[] content, int mode) throws IOException {
    return Replacement.write(entry(path), content, mode);
  }

  /**
   * Names in this directory, without {@code .} and {@code ..}, in the file system's order.
   *
   * @param limit names; more is EFBIG
   */
  public List<Listing.Name> list(int limit) throws SyscallException {
    try (Fd again = open(".", OPEN)) {
      return Listing.read(again, limit, label);
    }
  }

  /**
   * Removes a file or a whole tree without following links or leaving its file system; nothing
   * there is no error.
   *
   * @param limit after which the removal stops with ETIME, what is left being left
   */
  public void removeTree(String path, Duration limit) throws SyscallException {
    try (Entry entry = entry(path)) {
      TreeRemoval.remove(entry, limit);
    } catch (SyscallException e) {
      if (!e.is(Errno.ENOENT)) {
        throw e;
      }
    }
  }

  /** fsync(2) of the directory: names created and removed in it are durable. */
  public void sync() throws SyscallException {
    fd.sync();
  }

  /** syncfs(2) of the file system that holds it. */
  public void syncFileSystem() throws SyscallException {
    try (Fd.Use use = fd.use()) {
      Kernel.check(Kernel.call(Syscall.SYNCFS, use.number()), Syscall.SYNCFS, label);
    }
  }

  @Override
  public void close() {
    fd.close();
  }
}
