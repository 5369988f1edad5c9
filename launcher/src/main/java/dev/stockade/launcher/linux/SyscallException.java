package dev.stockade.launcher.linux;

import java.io.IOException;

/** A system call failed: what was attempted, on what, with which errno, and what can be done. */
public final class SyscallException extends IOException {
  private static final long serialVersionUID = 1L;

  private final String call;
  private final int number;
  private final String target;

  SyscallException(String call, int number, String target, String hint) {
    super(text(call, number, target, hint));
    this.call = call;
    this.number = number;
    this.target = target;
  }

  SyscallException(String call, int number, String target) {
    this(call, number, target, "");
  }

  SyscallException(String call, Errno errno, String target, String hint) {
    this(call, errno.number(), target, hint);
  }

  private static String text(String call, int number, String target, String hint) {
    Errno errno = Errno.of(number);
    String name = errno == Errno.UNKNOWN ? "errno " + number : errno.name();
    String subject = target.isEmpty() ? "" : " " + target;
    return call
        + subject
        + ": "
        + name
        + " ("
        + errno.meaning()
        + ")"
        + (hint.isEmpty() ? "" : "; " + hint);
  }

  public String call() {
    return call;
  }

  public Errno errno() {
    return Errno.of(number);
  }

  public String target() {
    return target;
  }

  public boolean is(Errno errno) {
    return errno.number() == number;
  }
}
