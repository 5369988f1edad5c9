package dev.stockade.launcher.plan;

import dev.stockade.launcher.seccomp.Arch;
import dev.stockade.launcher.seccomp.BpfProgram;
import dev.stockade.launcher.seccomp.LaunchTail;
import dev.stockade.launcher.seccomp.Profile;
import dev.stockade.launcher.seccomp.ProfileException;
import dev.stockade.launcher.seccomp.Rule;
import org.jspecify.annotations.Nullable;

/** The system call filter. */
final class SeccompStage {
  private static final String FIELD = "linux.seccomp";

  private SeccompStage() {}

  /** Adds the filter, if one is asked for. */
  static void plan(
      Draft draft, @Nullable Profile profile, boolean noNewPrivs, FilterSource filters) {
    if (profile == null) {
      return;
    }
    checkActions(draft, profile);
    Arch arch = draft.request.facts().arch();
    try {
      BpfProgram program = filters.compile(profile, arch);
      for (String denied : LaunchTail.denied(program, arch, noNewPrivs)) {
        draft.problems.add(
            FIELD,
            "refuses what the launch itself still has to do: " + denied,
            noNewPrivs ? "allow execve" : "allow it, or set noNewPrivileges");
      }
      draft.add(Section.FILTER, new IdentityStep.Seccomp(program, profile.filterFlags()));
    } catch (ProfileException e) {
      e.problems().forEach(problem -> draft.problems.add(FIELD, problem, "correct the profile"));
    }
  }

  private static void checkActions(Draft draft, Profile profile) {
    HostFacts facts = draft.request.facts();
    if (facts.seccompActions().isEmpty()) {
      draft.problems.add(FIELD, "this kernel has no system call filters", "use another kernel");
      return;
    }
    if (profile.notifies()) {
      draft.problems.add(
          FIELD,
          "asks for a listener (SCMP_ACT_NOTIFY), which is not supported",
          "use another action");
    }
    profile.syscalls().stream()
        .map(Rule::action)
        .distinct()
        .filter(action -> !facts.seccompActions().contains(action))
        .forEach(
            action ->
                draft.problems.add(
                    FIELD, "this kernel does not know " + action.ociName(), "use another action"));
  }
}
