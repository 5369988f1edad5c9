package dev.stockade.launcher.plan;

import dev.stockade.launcher.spec.OciProcess;
import dev.stockade.launcher.spec.OciSpec;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Whether a plan is small enough to be sent, and if not, what makes it large. */
final class PlanSize {
  private PlanSize() {}

  static void check(LaunchPlan plan, OciSpec spec) throws LaunchRejection {
    Problems problems = new Problems();
    int steps = plan.monitor().size() + plan.child().size();
    if (steps > PlanFormat.STEPS_MAX) {
      problems.add(
          "mounts",
          steps + " steps are more than the " + PlanFormat.STEPS_MAX + " a plan can have",
          "use fewer mounts, devices, masks and sysctls");
    }
    descriptors(plan, problems);
    problems.throwAny();
    int length = PlanEncoder.length(plan.sequence());
    if (length > PlanFormat.LENGTH_MAX) {
      OciProcess process = spec.process();
      long args = process == null ? 0 : bytes(process.args());
      long env = process == null ? 0 : bytes(process.env());
      problems.add(
          "process",
          "the plan has "
              + length
              + " bytes, more than "
              + PlanFormat.LENGTH_MAX
              + ": args "
              + args
              + " bytes, env "
              + env
              + " bytes",
          "pass large values as files");
    }
    problems.throwAny();
  }

  private static void descriptors(LaunchPlan plan, Problems problems) {
    if (plan.slotsTotal() <= PlanFormat.SLOTS_MAX) {
      return;
    }
    String many =
        plan.slotsTotal()
            + " descriptors are more than the "
            + PlanFormat.SLOTS_MAX
            + " a launch can have";
    long devices = plan.slots().stream().filter(FdSource.HostDevice.class::isInstance).count();
    if (devices > plan.slotsTotal() / 2) {
      problems.add(
          "linux.devices",
          many + ": " + devices + " are for devices, each bound because of the user namespace",
          "use fewer devices, for a privileged container privileged.host_devices = false, or the"
              + " host's user namespace");
    } else {
      problems.add("mounts", many, "use fewer mounts");
    }
  }

  private static long bytes(List<String> strings) {
    return strings.stream().mapToLong(s -> s.getBytes(StandardCharsets.UTF_8).length + 1L).sum();
  }
}
