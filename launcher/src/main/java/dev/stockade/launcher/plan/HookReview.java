package dev.stockade.launcher.plan;

import dev.stockade.launcher.spec.HookStage;
import dev.stockade.launcher.spec.OciHook;
import dev.stockade.launcher.spec.OciSpec;
import java.util.List;

/** Whether the hooks of a spec can be run at their stages. */
final class HookReview {
  private static final int MOST = 64;

  private HookReview() {}

  static void check(Draft draft, OciSpec spec) {
    if (spec.hooks() == null || spec.hooks().none()) {
      return;
    }
    Problems problems = draft.problems;
    if (draft.kind() != LaunchKind.CONTAINER) {
      problems.add("hooks", "are of containers only", "remove them");
    }
    int count = 0;
    for (HookStage stage : HookStage.values()) {
      List<OciHook> hooks = stage.of(spec);
      for (int i = 0; i < hooks.size(); i++) {
        check("hooks." + stage + "[" + i + "]", hooks.get(i), problems);
      }
      count += hooks.size();
    }
    if (count > MOST) {
      problems.add("hooks", "are more than " + MOST, "have one program do the work of several");
    }
    checkTracing(draft, spec);
  }

  private static void checkTracing(Draft draft, OciSpec spec) {
    HostFacts.Tracing tracing = draft.request.facts().tracing();
    boolean before = HookStage.BEFORE_PROGRAM.stream().anyMatch(s -> !s.of(spec).isEmpty());
    if (before && !tracing.possible()) {
      draft.problems.add(
          "hooks",
          "cannot be run before the program: nothing can hold it here, because "
              + tracing.obstacle(),
          "remove the obstacle");
    }
  }

  private static void check(String field, OciHook hook, Problems problems) {
    HostPath.parse(field + ".path", hook.path(), problems);
    for (String argument : hook.args()) {
      problems.text(field + ".args", argument);
    }
    for (String variable : hook.env()) {
      if (problems.text(field + ".env", variable) && variable.indexOf('=') < 1) {
        problems.add(field + ".env", "has an entry without a name", "write NAME=value");
      }
    }
    if (hook.timeout() != null && hook.timeout() < 1) {
      problems.add(
          field + ".timeout", "is not a positive number", "write seconds, or leave it out");
    }
  }
}
