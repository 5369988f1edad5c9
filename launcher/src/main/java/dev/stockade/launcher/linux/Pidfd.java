package dev.stockade.launcher.linux;

import java.time.Duration;

/** One process, whatever becomes of its number, pidfd_open(2). */
public final class Pidfd implements AutoCloseable {
  private final Fd fd;

  private Pidfd(Fd fd) {
    this.fd = fd;
  }

  /** ESRCH when there is no such process. */
  public static Pidfd open(int pid) throws SyscallException {
    return new Pidfd(
        Fd.own(
            Kernel.check(
                Kernel.call(Syscall.PIDFD_OPEN, pid, 0), Syscall.PIDFD_OPEN, "pid " + pid)));
  }

  /** Takes ownership of a pidfd received from another process. */
  public static Pidfd of(Fd fd) {
    return new Pidfd(fd);
  }

  public Fd fd() {
    return fd;
  }

  /** False from the moment the process has ended, also while it is a zombie. */
  public boolean alive() throws SyscallException {
    return !Poll.await(fd, Poll.IN, Duration.ZERO);
  }

  /** Whether the process ended within the limit. */
  public boolean awaitExit(Duration limit) throws SyscallException {
    return Poll.await(fd, Poll.IN, limit);
  }

  /**
   * pidfd_send_signal(2).
   *
   * @return false when the process has been reaped already
   */
  public boolean signal(int signal) throws SyscallException {
    try (Fd.Use use = fd.use()) {
      long result = Kernel.call(Syscall.PIDFD_SEND_SIGNAL, use.number(), signal, 0, 0);
      if (Kernel.is(result, Errno.ESRCH)) {
        return false;
      }
      Kernel.check(result, Syscall.PIDFD_SEND_SIGNAL, "signal " + signal);
      return true;
    }
  }

  /** A copy of a descriptor of the process, pidfd_getfd(2). */
  public Fd descriptor(int number) throws SyscallException {
    try (Fd.Use use = fd.use()) {
      return Fd.own(
          Kernel.check(
              Kernel.call(Syscall.PIDFD_GETFD, use.number(), number, 0),
              Syscall.PIDFD_GETFD,
              "descriptor " + number));
    }
  }

  @Override
  public void close() {
    fd.close();
  }
}
