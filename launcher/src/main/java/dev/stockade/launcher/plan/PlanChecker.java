package dev.stockade.launcher.plan;

import java.util.ArrayList;
import java.util.List;

/**
 * Holds a plan to the laws. Used on every plan that is launched; a plan that breaks one is a defect
 * of whoever made it, and is not launched.
 */
public final class PlanChecker {
  private PlanChecker() {}

  /** Every law that the plan breaks; empty if it keeps them all. */
  public static List<Violation> check(LaunchPlan plan) {
    return check(plan.sequence());
  }

  /** As {@link #check(LaunchPlan)}. */
  public static List<Violation> check(StepSequence plan) {
    List<Violation> violations = new ArrayList<>(SlotReview.check(plan));
    violations.addAll(PhaseReview.check(plan));
    PlanView view = new PlanView(plan);
    for (Law law : LawBook.ALL) {
      law.check(view).ifPresent(violations::add);
    }
    return violations;
  }
}
