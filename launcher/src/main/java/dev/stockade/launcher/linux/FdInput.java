package dev.stockade.launcher.linux;

import java.io.InputStream;
import java.util.Objects;

/** Bytes of a descriptor, read(2), retried when interrupted. */
final class FdInput extends InputStream {
  static final int CHUNK = 64 * 1024;

  private final Fd fd;

  FdInput(Fd fd) {
    this.fd = fd;
  }

  @Override
  public int read() throws SyscallException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws SyscallException {
    return read(Syscall.READ, 0, target, offset, length);
  }

  /** pread(2), which the position of the open file does not matter to. */
  int readAt(long position, byte[] target, int offset, int length) throws SyscallException {
    return read(Syscall.PREAD64, position, target, offset, length);
  }

  private int read(Syscall call, long position, byte[] target, int offset, int length)
      throws SyscallException {
    Objects.checkFromIndexSize(offset, length, target.length);
    if (length == 0) {
      return 0;
    }
    try (Scratch scratch = Scratch.open();
        Fd.Use use = fd.use()) {
      int wanted = Math.min(length, CHUNK);
      Scratch.Piece piece = scratch.uninitialised(wanted);
      long count;
      do {
        count = Kernel.call(call, use.number(), piece.address(), wanted, position);
      } while (Kernel.is(count, Errno.EINTR));
      int got = (int) Kernel.check(count, call, fd.toString());
      piece.get(0, target, offset, got);
      return got == 0 ? -1 : got;
    }
  }
}
