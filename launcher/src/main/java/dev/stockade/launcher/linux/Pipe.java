package dev.stockade.launcher.linux;

/** Both ends of a pipe, close-on-exec. */
public record Pipe(Fd read, Fd write) implements AutoCloseable {
  /** pipe2(2). */
  public static Pipe open() throws SyscallException {
    try (Scratch scratch = Scratch.open()) {
      Scratch.Piece ends = scratch.zeroed(8);
      Kernel.check(Kernel.call(Syscall.PIPE2, ends.address(), Flags.O_CLOEXEC), Syscall.PIPE2, "");
      return new Pipe(Fd.own(ends.getInt(0)), Fd.own(ends.getInt(4)));
    }
  }

  @Override
  public void close() {
    read.close();
    write.close();
  }
}
