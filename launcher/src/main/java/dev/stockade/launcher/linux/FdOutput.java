package dev.stockade.launcher.linux;

import java.io.OutputStream;
import java.util.Objects;

/** Bytes to a descriptor, write(2), repeated until everything is written. */
final class FdOutput extends OutputStream {
  private final Fd fd;

  FdOutput(Fd fd) {
    this.fd = fd;
  }

  @Override
  public void write(int value) throws SyscallException {
    write(new byte[] {(byte) value}, 0, 1);
  }

  @Override
  public void write(byte[] source, int offset, int length) throws SyscallException {
    Objects.checkFromIndexSize(offset, length, source.length);
    int done = 0;
    while (done < length) {
      int chunk = Math.min(length - done, FdInput.CHUNK);
      done += writeSome(source, offset + done, chunk);
    }
  }

  private int writeSome(byte[] source, int offset, int length) throws SyscallException {
    try (Scratch scratch = Scratch.open();
        Fd.Use use = fd.use()) {
      Scratch.Piece piece = scratch.uninitialised(length).put(0, source, offset, length);
      long count;
      do {
        count = Kernel.call(Syscall.WRITE, use.number(), piece.address(), length);
      } while (Kernel.is(count, Errno.EINTR));
      return (int) use.check(count, Syscall.WRITE);
    }
  }
}
