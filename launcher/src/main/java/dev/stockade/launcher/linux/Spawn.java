package dev.stockade.launcher.linux;

import java.nio.file.Path;
import java.util.List;

/** Starts the one program this process ever starts, posix_spawn(3) through jnr-posix. */
public final class Spawn {
  private Spawn() {}

  /**
   * Starts a program. It inherits descriptors that lack close-on-exec, of which a JVM has many: the
   * program must close them itself.
   *
   * @param program an absolute path, because posix_spawnp would search PATH for another
   * @return its pid, to be reaped with {@link #await}
   */
  public static int start(Path program, List<String> arguments, List<String> environment)
      throws SyscallException {
    if (!program.isAbsolute()) {
      throw new SyscallException(
          "posix_spawn", Errno.EINVAL, program.toString(), "give an absolute path");
    }
    long pid = Posix.NATIVE.posix_spawnp(program.toString(), List.of(), arguments, environment);
    if (pid < 0) {
      throw new SyscallException(
          "posix_spawn",
          Posix.NATIVE.errno(),
          program.toString(),
          "check that the file exists and is executable on this architecture");
    }
    return Math.toIntExact(pid);
  }

  /** Waits for a child and reaps it, wait4(2); the wait status. */
  public static int await(int pid) throws SyscallException {
    try (Scratch scratch = Scratch.open()) {
      Scratch.Piece status = scratch.zeroed(4);
      long result;
      do {
        result = Kernel.call(Syscall.WAIT4, pid, status.address(), 0, 0);
      } while (Kernel.is(result, Errno.EINTR));
      Kernel.check(result, Syscall.WAIT4, "pid " + pid);
      return status.getInt(0);
    }
  }
}
