package dev.stockade.launcher.seccomp;

import java.util.List;

/** A profile that cannot be enforced as it is written, with every reason found. */
public final class ProfileException extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient List<String> problems;

  /**
   * An exception that lists all problems.
   *
   * @param problems one sentence each, beginning with the place in the JSON, for example {@code
   *     syscalls[3].args[0].op: ...}
   */
  public ProfileException(List<String> problems) {
    super("the seccomp profile cannot be used: " + String.join("; ", problems));
    this.problems = List.copyOf(problems);
  }

  public List<String> problems() {
    return problems;
  }
}
