package dev.stockade.launcher.linux;

import java.time.Duration;

/** Waiting for one descriptor, ppoll(2). */
final class Poll {
  static final int IN = 0x001;
  static final int PRI = 0x002;
  static final int OUT = 0x004;

  private Poll() {}

  /** Whether one of the events, an error or a hang-up came within the limit. */
  static boolean await(Fd fd, int events, Duration limit) throws SyscallException {
    try (Scratch scratch = Scratch.open();
        Fd.Use use = fd.use()) {
      Scratch.Piece poll = scratch.zeroed(8).putInt(0, use.number()).putShort(4, events);
      long deadline = System.nanoTime() + limit.toNanos();
      long result;
      do {
        long left = Math.max(0, deadline - System.nanoTime());
        Scratch.Piece time =
            scratch
                .uninitialised(16)
                .putLong(0, left / 1_000_000_000L)
                .putLong(8, left % 1_000_000_000L);
        result = Kernel.call(Syscall.PPOLL, poll.address(), 1, time.address(), 0, 8);
      } while (Kernel.is(result, Errno.EINTR));
      return Kernel.check(result, Syscall.PPOLL, fd.toString()) > 0;
    }
  }
}
