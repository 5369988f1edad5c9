package dev.stockade.launcher.plan;

import dev.stockade.launcher.plan.StepCode.Phase;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Whether every step is in its phase, and what is done once is there once. */
final class PhaseReview {
  private static final Set<StepCode> REPEATABLE =
      EnumSet.of(
          StepCode.CLOSE_FDS,
          StepCode.JOIN_NS,
          StepCode.UNSHARE,
          StepCode.MOUNT_FS,
          StepCode.MOUNT_PROC,
          StepCode.ATTACH,
          StepCode.MAKE_DIR,
          StepCode.MAKE_NODE,
          StepCode.MAKE_SYMLINK,
          StepCode.MASK,
          StepCode.READ_ONLY,
          StepCode.OPEN_DIR,
          StepCode.SYSCTL,
          StepCode.RLIMIT,
          StepCode.LSM_ATTRIBUTE,
          StepCode.CHDIR,
          StepCode.CAPSET,
          StepCode.SECCOMP,
          StepCode.PROPAGATION);

  private PhaseReview() {}

  static List<Violation> check(StepSequence plan) {
    List<Violation> violations = new ArrayList<>();
    check(plan.monitor(), Phase.MONITOR, violations);
    check(plan.child(), Phase.CHILD, violations);
    if (plan.monitor().stream().noneMatch(s -> s.code() == StepCode.CLONE)) {
      violations.add(new Violation("phases", "there is no CLONE"));
    }
    return violations;
  }

  private static void check(List<Step> steps, Phase phase, List<Violation> violations) {
    Set<StepCode> seen = EnumSet.noneOf(StepCode.class);
    for (Step step : steps) {
      StepCode code = step.code();
      if (code.phase() != phase) {
        violations.add(new Violation("phases", code + " is no step of the " + phase));
      }
      if (!seen.add(code) && !REPEATABLE.contains(code)) {
        violations.add(new Violation("phases", code + " is there twice"));
      }
    }
  }
}
