package dev.stockade.launcher.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class LaunchCompilerTest {
  @Test
  void compilesEveryKindAndKeepsTheLaws() throws Exception {
    for (SpecDraft draft :
        List.of(
            SpecDraft.container(),
            SpecDraft.container().userNamespace(""),
            SpecDraft.exec(),
            SpecDraft.exec().userNamespace("/proc/4711/ns/user"),
            SpecDraft.pod(),
            SpecDraft.podInit())) {
      assertThat(PlanChecker.check(draft.compile())).isEmpty();
    }
  }

  @Test
  void thePlanOfACommandDoesNotDependOnItsId() throws Exception {
    LaunchRequest first = SpecDraft.exec().request();
    LaunchPlan plan = LaunchCompiler.compile(first);
    assertThat(LaunchCompiler.compile(first.withId("another"))).isEqualTo(plan);
  }

  @Test
  void oneSourceAtTwoPlacesIsTwoMounts() throws Exception {
    LaunchPlan plan =
        SpecDraft.container()
            .bind("/one", "/data", FileKind.DIRECTORY, "rbind", "rprivate")
            .bind("/two", "/data", FileKind.DIRECTORY, "rbind", "rprivate")
            .compile();
    List<Slot> moved =
        plan.child().stream()
            .filter(FileSystemStep.Attach.class::isInstance)
            .map(step -> ((FileSystemStep.Attach) step).mount())
            .toList();
    assertThat(moved).doesNotHaveDuplicates();
    assertThat(plan.slots().stream().filter(s -> s.toString().contains("/data"))).hasSize(2);
  }

  @Test
  void aMountThatIsAttachedTwiceBreaksTheRules() throws Exception {
    StepSequence plan = SpecDraft.container().compile().sequence();
    List<Step> child = new ArrayList<>(plan.child());
    int first = 0;
    while (!(child.get(first) instanceof FileSystemStep.Attach)) {
      first++;
    }
    child.add(first, child.get(first));
    StepSequence twice =
        new StepSequence(plan.monitor(), child, plan.slotsSupplied(), plan.slotsTotal());
    assertThat(PlanChecker.check(twice)).anyMatch(v -> v.toString().contains("attached already"));
  }
}
