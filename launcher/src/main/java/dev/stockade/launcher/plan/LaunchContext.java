package dev.stockade.launcher.plan;

import dev.stockade.launcher.plan.IdentityStep.Seccomp;
import dev.stockade.launcher.plan.IdentityStep.Securebits;
import dev.stockade.launcher.spec.OciLinux;
import dev.stockade.launcher.spec.OciProcess;
import dev.stockade.launcher.spec.OciSpec;
import java.util.List;
import java.util.Optional;

/** A plan and what it was compiled from, as claims look at them. */
record LaunchContext(
    LaunchKind kind, LaunchPlan plan, OciSpec spec, OciLinux linux, Optional<IdMaps> idMaps) {
  static LaunchContext of(LaunchPlan plan, OciSpec spec) {
    OciLinux linux = spec.linux() == null ? LaunchCompiler.NO_LINUX : spec.linux();
    boolean user = linux.namespaces().stream().anyMatch(n -> n.type().equals("user"));
    Optional<IdMaps> maps =
        user ? Optional.of(new IdMaps(linux.uidMappings(), linux.gidMappings())) : Optional.empty();
    return new LaunchContext(kindOf(plan), plan, spec, linux, maps);
  }

  private static LaunchKind kindOf(LaunchPlan plan) {
    PlanView view = new PlanView(plan.sequence());
    if (!view.runsProgram()) {
      return LaunchKind.NAMESPACES;
    }
    if (view.has(StepCode.EXEC_FD)) {
      return LaunchKind.POD_INIT;
    }
    return view.has(StepCode.USE_ROOT) ? LaunchKind.CONTAINER : LaunchKind.EXEC;
  }

  /** What is executed; for the pod's init what it always is. */
  OciProcess process() {
    OciProcess asked = spec.process();
    if (kind == LaunchKind.POD_INIT || asked == null) {
      return LaunchCompiler.initProcess(asked);
    }
    return asked;
  }

  /** The host's uid of one of the container's. */
  long hostUid(long uid) {
    return idMaps.map(m -> m.hostUid(uid).orElse(uid)).orElse(uid);
  }

  long hostGid(long gid) {
    return idMaps.map(m -> m.hostGid(gid).orElse(gid)).orElse(gid);
  }

  /** Digests of the filters, outermost first. */
  List<String> filters() {
    return plan.child().stream()
        .filter(Seccomp.class::isInstance)
        .map(s -> ((Seccomp) s).program().digest())
        .toList();
  }

  int secureBits() {
    return plan.child().stream()
        .filter(Securebits.class::isInstance)
        .mapToInt(s -> (int) ((Securebits) s).bits())
        .findFirst()
        .orElse(0);
  }
}
