package dev.stockade.launcher.linux;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Paths of the host, followed as the host's owner laid them out: for sources that configuration or
 * kubelet names.
 */
public final class HostPath {
  private static final Path NULL = Path.of("/dev/null");
  private static final int NULL_MAJOR = 1;
  private static final int NULL_MINOR = 3;
  private static final int WRITABLE_BY_OTHERS = 0022;

  private HostPath() {}

  /** The inode, held without being opened, O_PATH. */
  public static Fd hold(Path path) throws SyscallException {
    return Opening.host(path, Flags.O_PATH);
  }

  /**
   * As {@link #hold}, of a path that was resolved and checked before: with a symbolic link in it,
   * it is another one now, ELOOP.
   */
  public static Fd holdReal(Path path) throws SyscallException {
    return Opening.host(path, Flags.O_PATH, Flags.RESOLVE_NO_SYMLINKS);
  }

  /**
   * The content of a regular file; a device, a pipe or a file that is larger is refused without
   * being waited for.
   */
  public static byte[] read(Path path, int limit) throws IOException {
    try (Fd fd = regular(path)) {
      return Directory.readBounded(fd, limit, path.toString());
    }
  }

  /**
   * As {@link #read}, of a file that decides what is allowed: one that another user than root and
   * the own one can write is EPERM.
   */
  public static byte[] readTrusted(Path path, int limit) throws IOException {
    try (Fd fd = regular(path)) {
      requireTrusted(fd.status(), path);
      return Directory.readBounded(fd, limit, path.toString());
    }
  }

  private static Fd regular(Path path) throws SyscallException {
    Fd fd = Opening.host(path, Flags.O_RDONLY | Flags.O_NONBLOCK | Flags.O_NOCTTY);
    try {
      if (fd.status().kind() != FileKind.REGULAR) {
        throw new SyscallException("open", Errno.EINVAL, path.toString(), "not a regular file");
      }
      return fd;
    } catch (SyscallException e) {
      fd.close();
      throw e;
    }
  }

  private static void requireTrusted(FileStatus status, Path path) throws SyscallException {
    if (status.uid() != 0 && status.uid() != Kernel.call(Syscall.GETEUID)) {
      String hint = "it belongs to user " + status.uid() + "; chown it to root";
      throw new SyscallException("trust", Errno.EPERM, path.toString(), hint);
    }
    if ((status.permissions() & WRITABLE_BY_OTHERS) != 0) {
      String hint = "its group or everybody can write it; chmod go-w it";
      throw new SyscallException("trust", Errno.EPERM, path.toString(), hint);
    }
  }

  /** The directory, opened for reading. */
  public static Fd directory(Path path) throws SyscallException {
    return Opening.host(path, Flags.O_RDONLY | Flags.O_DIRECTORY);
  }

  /** The null device for reading and writing; refused when something else is in its place. */
  public static Fd nullDevice() throws SyscallException {
    Fd fd = Opening.host(NULL, Flags.O_RDWR | Flags.O_NOCTTY);
    try {
      requireNull(fd);
      return fd;
    } catch (SyscallException e) {
      fd.close();
      throw e;
    }
  }

  /** As {@link #nullDevice}, held without being opened. */
  public static Fd holdNullDevice() throws SyscallException {
    Fd fd = hold(NULL);
    try {
      requireNull(fd);
      return fd;
    } catch (SyscallException e) {
      fd.close();
      throw e;
    }
  }

  private static void requireNull(Fd fd) throws SyscallException {
    FileStatus status = fd.status();
    if (status.kind() != FileKind.CHARACTER_DEVICE
        || status.specialMajor() != NULL_MAJOR
        || status.specialMinor() != NULL_MINOR) {
      throw new SyscallException(
          "open", Errno.ENODEV, NULL.toString(), "not the null device (character device 1:3)");
    }
  }
}
