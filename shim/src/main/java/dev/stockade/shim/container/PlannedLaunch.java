package dev.stockade.shim.container;

import dev.stockade.launcher.plan.LaunchPlan;
import dev.stockade.launcher.plan.LaunchRequest;
import java.util.Optional;

/** A launch request and the plan that was compiled from it. */
record PlannedLaunch(LaunchRequest request, LaunchPlan plan) {
  /** The plan for an equal request, because the compiler is pure. */
  Optional<LaunchPlan> planOf(LaunchRequest again) {
    return request.equals(again) ? Optional.of(plan) : Optional.empty();
  }
}
