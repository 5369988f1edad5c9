package dev.stockade.launcher.linux;

import java.nio.file.Path;
import java.util.Optional;

/** openat2(2). */
final class Opening {
  private static final int TRIES = 64;

  private Opening() {}

  /**
   * Opens beneath a directory; EAGAIN (a rename raced with the resolution) is retried a bounded
   * number of times.
   */
  static Fd at(Fd directory, String path, int flags, int mode, int resolve)
      throws SyscallException {
    try (Scratch scratch = Scratch.open();
        Fd.Use use = directory.use()) {
      return at(scratch, use.number(), scratch.string(path), flags, mode, resolve, path);
    }
  }

  /** Opens a path of the host, following links. */
  static Fd host(Path path, int flags) throws SyscallException {
    return host(path, flags, 0);
  }

  /** Opens a path of the host, resolved in this way. */
  static Fd host(Path path, int flags, int resolve) throws SyscallException {
    if (!path.isAbsolute()) {
      throw new SyscallException("openat2", Errno.EINVAL, path.toString(), "give an absolute path");
    }
    try (Scratch scratch = Scratch.open()) {
      String text = path.toString();
      return at(scratch, Flags.AT_FDCWD, scratch.string(text), flags, 0, resolve, text);
    }
  }

  static Fd at(
      Scratch scratch, int directory, long path, int flags, int mode, int resolve, String target)
      throws SyscallException {
    return Fd.own(
        Kernel.check(
            call(scratch, directory, path, flags, mode, resolve), Syscall.OPENAT2, target));
  }

  /** As {@link #at}; empty when O_EXCL finds the name taken. */
  static Optional<Fd> unlessThere(
      Scratch scratch, int directory, long path, int flags, int mode, int resolve, String target)
      throws SyscallException {
    long result = call(scratch, directory, path, flags, mode, resolve);
    return Kernel.is(result, Errno.EEXIST)
        ? Optional.empty()
        : Optional.of(Fd.own(Kernel.check(result, Syscall.OPENAT2, target)));
  }

  private static long call(
      Scratch scratch, int directory, long path, int flags, int mode, int resolve) {
    Scratch.Piece how =
        scratch
            .uninitialised(24)
            .putLong(0, (flags | Flags.O_CLOEXEC) & 0xffff_ffffL)
            .putLong(8, mode)
            .putLong(16, resolve);
    long result = -Errno.EAGAIN.number();
    for (int attempt = 0; attempt < TRIES && again(result); attempt++) {
      result = Kernel.call(Syscall.OPENAT2, directory, path, how.address(), how.size());
    }
    return result;
  }

  private static boolean again(long result) {
    return Kernel.is(result, Errno.EAGAIN) || Kernel.is(result, Errno.EINTR);
  }
}
