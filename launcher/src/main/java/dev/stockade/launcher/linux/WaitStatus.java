package dev.stockade.launcher.linux;

/** How a process ended, wait(2). */
public record WaitStatus(int raw) {
  public boolean signalled() {
    return (raw & 0x7f) != 0;
  }

  /** The signal that ended it, or 0. */
  public int signal() {
    return raw & 0x7f;
  }

  /** As people know it: the exit status, or 128 and the signal. */
  public int exitCode() {
    return signalled() ? 128 + signal() : (raw >> 8) & 0xff;
  }
}
