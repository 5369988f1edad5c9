package dev.stockade.launcher.plan;

import java.util.List;
import java.util.stream.Collectors;

/** A request that cannot be launched as it is, with every reason found. Nothing has been done. */
public final class LaunchRejection extends Exception {
  private static final long serialVersionUID = 1L;

  /**
   * One reason.
   *
   * @param field the place in the OCI spec or the request, for example {@code mounts[2].options[1]}
   * @param reason what is wrong
   * @param advice what to do about it
   */
  public record Problem(String field, String reason, String advice) {
    @Override
    public String toString() {
      return field + ": " + reason + (advice.isEmpty() ? "" : " (" + advice + ")");
    }
  }

  private final transient List<Problem> problems;

  public LaunchRejection(List<Problem> problems) {
    super(problems.stream().map(Problem::toString).collect(Collectors.joining("; ")));
    this.problems = List.copyOf(problems);
  }

  public List<Problem> problems() {
    return problems;
  }
}
