package dev.stockade.launcher.seccomp;

/**
 * What a filter returns for a call: an action and its 16 bits of data.
 *
 * @param action never {@link Action#KILL}, which is {@link Action#KILL_THREAD}
 * @param data the errno of ERRNO (at most 4095, MAX_ERRNO), the message of TRACE, else 0
 */
public record Verdict(Action action, int data) implements Comparable<Verdict> {
  static final int EPERM = 1;
  static final int ENOSYS = 38;
  static final int MAX_ERRNO = 4095;
  static final int MAX_DATA = 0xffff;

  static final Verdict ALLOW = new Verdict(Action.ALLOW, 0);
  static final Verdict KILL_THREAD = new Verdict(Action.KILL_THREAD, 0);
  static final Verdict NEWER_THAN_PROFILE = new Verdict(Action.ERRNO, ENOSYS);

  public Verdict {
    if (action == Action.KILL) {
      action = Action.KILL_THREAD;
    }
    if (!action.takesErrno()) {
      data = 0;
    } else if (data < 0 || data > (action == Action.ERRNO ? MAX_ERRNO : MAX_DATA)) {
      throw new IllegalArgumentException(action.ociName() + " cannot carry " + data);
    }
  }

  /** The SECCOMP_RET_* word a program returns. */
  public int returnValue() {
    return action.returnValue() | data;
  }

  /**
   * What the kernel makes of a program's return value, seccomp(2): an unknown action kills the
   * process, an errno above 4095 is cut to 4095.
   */
  public static Verdict ofReturnValue(int value) {
    int data = value & MAX_DATA;
    for (Action action : Action.values()) {
      if (action.returnValue() == (value & ~MAX_DATA)) {
        return new Verdict(action, action == Action.ERRNO ? Math.min(data, MAX_ERRNO) : data);
      }
    }
    return new Verdict(Action.KILL_PROCESS, 0);
  }

  /** The stricter first. */
  @Override
  public int compareTo(Verdict other) {
    int byAction = action.compareTo(other.action);
    return byAction != 0 ? byAction : Integer.compare(data, other.data);
  }

  @Override
  public String toString() {
    return action.takesErrno() ? action + "(" + data + ")" : action.toString();
  }
}
