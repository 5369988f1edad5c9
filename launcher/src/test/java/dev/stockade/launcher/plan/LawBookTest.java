package dev.stockade.launcher.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.launcher.caps.Capability;
import dev.stockade.launcher.caps.CapabilitySet;
import dev.stockade.launcher.caps.SecureBits;
import dev.stockade.launcher.plan.MonitorStep.Clone;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Every law can be broken: steps are left out, moved and added until each has complained. */
final class LawBookTest {
  private static final Slot ANY = new Slot(0);
  private static final CapabilitySet KILL = CapabilitySet.of(Capability.KILL);

  /** Steps that do not belong into most plans. */
  private static final List<Step> STRAYS =
      List.of(
          new NamespaceStep.JoinNs(ANY, CloneFlags.NEWUSER),
          new NamespaceStep.JoinNs(ANY, CloneFlags.NEWNET),
          new NamespaceStep.Unshare(CloneFlags.NEWNET),
          new NamespaceStep.LoopbackUp(),
          new NamespaceStep.UserNsRoot(),
          new FileSystemStep.MakeNode("dev/sda", 0060660, 8L << 32, 0, 0),
          new FileSystemStep.MountFs("cgroup2", List.of(), 0, ANY),
          new FileSystemStep.MountFs("proc", List.of(), 0, ANY),
          new NamespaceStep.JoinPidNs(ANY),
          new NamespaceStep.Birth(),
          new ProcessStep.Sysctl(ANY, "kernel/core_pattern", "x"),
          new ProcessStep.Hostname("x"),
          new IdentityStep.Securebits(SecureBits.NO_CAP_AMBIENT_RAISE),
          new IdentityStep.Capset(KILL, KILL, KILL),
          new IdentityStep.NoNewPrivs(),
          new ProcessStep.LsmAttribute(ANY, "keycreate", "label"),
          new FinalStep.Hold());

  @Test
  void everyLawCanBeBroken() throws Exception {
    Set<String> broken = new TreeSet<>();
    for (String shape :
        List.of(
            "default",
            "restricted",
            "privileged",
            "ambient",
            "user-namespace-new",
            "own-everything",
            "time-namespace",
            "selinux",
            "terminal",
            "limits",
            "exec-user-namespace",
            "exec-restricted",
            "exec-terminal",
            "pod-pid",
            "pod-user-namespace",
            "host-network",
            "stdin",
            "pod-init")) {
      StepSequence plan = plan(shape);
      assertThat(PlanChecker.check(plan)).as(shape).isEmpty();
      for (StepSequence changed : changed(plan)) {
        PlanChecker.check(changed).forEach(v -> broken.add(v.law()));
      }
    }
    assertThat(broken)
        .containsAll(LawBook.ALL.stream().map(Law::id).collect(Collectors.toSet()))
        .contains("slots", "phases");
  }

  private static StepSequence plan(String shape) throws LaunchRejection {
    SpecDraft draft = PodShapes.all().get(shape);
    assertThat(draft).as(shape).isNotNull();
    return draft.compile().sequence();
  }

  private static List<StepSequence> changed(StepSequence plan) {
    List<StepSequence> all = new ArrayList<>();
    for (int i = 0; i < plan.monitor().size(); i++) {
      int index = i;
      all.add(monitor(plan, steps -> without(steps, index)));
      all.add(monitor(plan, steps -> moved(steps, index, 0)));
      all.add(monitor(plan, steps -> moved(steps, index, steps.size() - 1)));
    }
    for (int i = 0; i < plan.child().size(); i++) {
      int index = i;
      all.add(child(plan, steps -> without(steps, index)));
      all.add(child(plan, steps -> moved(steps, index, 0)));
      all.add(child(plan, steps -> moved(steps, index, steps.size() - 1)));
      STRAYS.forEach(stray -> all.add(child(plan, steps -> with(steps, index, stray))));
    }
    all.add(monitor(plan, steps -> with(steps, steps.size(), new MonitorStep.Trace())));
    all.add(monitor(plan, LawBookTest::outsideItsCgroup));
    all.add(child(plan, LawBookTest::throughShownProc));
    return all;
  }

  private static List<Step> outsideItsCgroup(List<Step> steps) {
    return steps.stream()
        .map(s -> s instanceof Clone clone ? new Clone(clone.flags(), Optional.empty()) : s)
        .toList();
  }

  private static List<Step> throughShownProc(List<Step> steps) {
    Slot shown =
        steps.stream()
            .filter(s -> s instanceof FileSystemStep.MountFs made && made.type().equals("proc"))
            .map(s -> ((FileSystemStep.MountFs) s).mount())
            .findFirst()
            .orElse(ANY);
    return steps.stream()
        .map(
            s ->
                s instanceof ProcessStep.Sysctl written
                    ? new ProcessStep.Sysctl(shown, written.path(), written.value())
                    : s)
        .toList();
  }

  private static StepSequence monitor(StepSequence plan, UnaryOperator<List<Step>> change) {
    return new StepSequence(
        change.apply(plan.monitor()), plan.child(), plan.slotsSupplied(), plan.slotsTotal());
  }

  private static StepSequence child(StepSequence plan, UnaryOperator<List<Step>> change) {
    return new StepSequence(
        plan.monitor(), change.apply(plan.child()), plan.slotsSupplied(), plan.slotsTotal());
  }

  private static List<Step> without(List<Step> steps, int index) {
    List<Step> changed = new ArrayList<>(steps);
    changed.remove(index);
    return changed;
  }

  private static List<Step> moved(List<Step> steps, int from, int to) {
    List<Step> changed = new ArrayList<>(steps);
    changed.add(to, changed.remove(from));
    return changed;
  }

  private static List<Step> with(List<Step> steps, int index, Step stray) {
    List<Step> changed = new ArrayList<>(steps);
    changed.add(index, stray);
    return changed;
  }
}
