package dev.stockade.launcher.plan;

import java.util.List;
import java.util.stream.Collectors;

/** The compiler made a plan that breaks a law: a defect. The launch is refused. */
public final class LawBrokenException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient List<Violation> violations;

  LawBrokenException(List<Violation> violations) {
    super(
        "internal error: the launch plan breaks "
            + violations.stream().map(Violation::toString).collect(Collectors.joining("; ")));
    this.violations = List.copyOf(violations);
  }

  public List<Violation> violations() {
    return violations;
  }
}
