package dev.stockade.launcher.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * /proc/pid of one process, opened once: every read is beneath that descriptor, so that a process
 * which takes over the number is never read in its place.
 */
public final class ProcDirectory implements AutoCloseable {
  private static final long PROC_SUPER_MAGIC = 0x9fa0;
  private static final int BENEATH =
      Flags.RESOLVE_BENEATH | Flags.RESOLVE_NO_SYMLINKS | Flags.RESOLVE_NO_MAGICLINKS;

  private final Fd fd;
  private final String label;

  private ProcDirectory(Fd fd, String label) {
    this.fd = fd;
    this.label = label;
  }

  public static ProcDirectory open(int pid) throws SyscallException {
    String path = "/proc/" + pid;
    Fd fd = Opening.host(Path.of(path), Flags.O_PATH | Flags.O_DIRECTORY);
    try {
      requireProcfs(fd, path);
      return new ProcDirectory(fd, path);
    } catch (SyscallException e) {
      fd.close();
      throw e;
    }
  }

  private static void requireProcfs(Fd fd, String target) throws SyscallException {
    try (Scratch scratch = Scratch.open();
        Fd.Use use = fd.use()) {
      Scratch.Piece status = scratch.zeroed(120);
      Kernel.check(
          Kernel.call(Syscall.FSTATFS, use.number(), status.address()), Syscall.FSTATFS, target);
      if (status.getLong(0) != PROC_SUPER_MAGIC) {
        throw new SyscallException(
            "fstatfs", Errno.EPERM, target, "something that is not procfs is mounted there");
      }
    }
  }

  /**
   * The text of one file, e.g. {@code status} or {@code attr/current}.
   *
   * @param limit bytes; more is EFBIG
   */
  public String read(String file, int limit) throws IOException {
    try (Fd opened = Opening.at(fd, file, Flags.O_RDONLY, 0, BENEATH)) {
      return new String(
          Directory.readBounded(opened, limit, label + "/" + file), StandardCharsets.UTF_8);
    }
  }

  /** Writes a file that tells the kernel something about the process, in one write(2). */
  public void write(String file, String value) throws IOException {
    try (Fd opened = Opening.at(fd, file, Flags.O_WRONLY, 0, BENEATH)) {
      opened.output().write(value.getBytes(StandardCharsets.UTF_8));
    } catch (SyscallException e) {
      throw new SyscallException("write", e.errno(), label + "/" + file + " = " + value, "");
    }
  }

  /** What a magic link shows, e.g. {@code pid:[4026531836]} for {@code ns/pid}. */
  public String readLink(String link) throws SyscallException {
    byte[] target = new byte[4096];
    try (Scratch scratch = Scratch.open();
        Fd.Use use = fd.use()) {
      Scratch.Piece piece = scratch.uninitialised(target.length);
      long path = scratch.string(link);
      long result =
          Kernel.call(Syscall.READLINKAT, use.number(), path, piece.address(), piece.size());
      int length = (int) Kernel.check(result, Syscall.READLINKAT, label + "/" + link);
      piece.get(0, target, 0, length);
      return new String(target, 0, length, StandardCharsets.UTF_8);
    }
  }

  /** Inode of a namespace of the process, for example of {@code ns/mnt}, namespaces(7). */
  public long namespace(String link) throws SyscallException {
    return Long.parseLong(readLink(link).replaceAll("[^0-9]", ""));
  }

  /** What the link leads to, held: a namespace, the executable, the root or an open file. */
  public Fd follow(String link, boolean pathOnly) throws SyscallException {
    int flags = pathOnly ? Flags.O_PATH : Flags.O_RDONLY;
    try (Scratch scratch = Scratch.open();
        Fd.Use use = fd.use()) {
      return Opening.at(
          scratch, use.number(), scratch.string(link), flags, 0, 0, label + "/" + link);
    }
  }

  /** statx(2) of what the link leads to, without opening it; empty when the link is gone. */
  public Optional<FileStatus> statusOf(String link) throws SyscallException {
    try (Scratch scratch = Scratch.open();
        Fd.Use use = fd.use()) {
      return Optional.of(
          FileStatus.of(scratch, use.number(), scratch.string(link), 0, label + "/" + link));
    } catch (SyscallException e) {
      if (e.is(Errno.ENOENT)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /**
   * The process's root directory; names in it are resolved as the process would see them, never
   * outside.
   */
  public Directory root() throws SyscallException {
    return Directory.of(follow("root", true), Resolution.IN_ROOT, label + "/root");
  }

  /** The numbers of its open descriptors. */
  public List<Integer> descriptors(int limit) throws SyscallException {
    try (Fd directory = Opening.at(fd, "fd", Flags.O_RDONLY | Flags.O_DIRECTORY, 0, BENEATH)) {
      List<Integer> numbers = new ArrayList<>();
      for (Listing.Name name : Listing.read(directory, limit, label + "/fd")) {
        numbers.add(Integer.parseInt(name.name()));
      }
      return numbers;
    }
  }

  @Override
  public String toString() {
    return label;
  }

  @Override
  public void close() {
    fd.close();
  }
}
