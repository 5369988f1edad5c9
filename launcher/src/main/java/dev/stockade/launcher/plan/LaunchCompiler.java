package dev.stockade.launcher.plan;

import java.util.List;

/** Compiles what is asked into a launch plan. Deterministic: equal requests give equal plans. */
public final class LaunchCompiler {
  private LaunchCompiler() {}

  /**
   * The plan of a launch, with every law kept.
   *
   * @throws LaunchRejection if the request cannot be enforced, with all reasons
   */
  public static LaunchPlan compile(LaunchRequest request) throws LaunchRejection {
    List<LaunchRejection.Problem> problems =
        List.of(new LaunchRejection.Problem("kind", request.kind() + " is not compiled yet", ""));
    if (!problems.isEmpty()) {
      throw new LaunchRejection(problems);
    }
    return new LaunchPlan(List.of(), List.of(), List.of(), 0);
  }
}
