package dev.stockade.launcher.plan;

import dev.stockade.launcher.seccomp.Arch;
import dev.stockade.launcher.seccomp.BpfProgram;
import dev.stockade.launcher.seccomp.LaunchTail;
import dev.stockade.launcher.seccomp.Profile;
import dev.stockade.launcher.seccomp.ProfileException;
import dev.stockade.launcher.seccomp.Rule;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The system call filter. */
final class SeccompStage {
  private static final String FIELD = "linux.seccomp";
  private static final int LONGEST_SOCKET = 107;

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
    String listener = profile.listenerPath();
    if (listener != null && !isSocketName(listener)) {
      draft.problems.add(
          FIELD + ".listenerPath",
          "is no absolute path of at most 107 bytes",
          "name the socket that takes the notifications");
    }
    Stream.concat(Stream.of(profile.defaultAction()), profile.syscalls().stream().map(Rule::action))
        .distinct()
        .filter(action -> !facts.seccompActions().contains(action))
        .forEach(
            action ->
                draft.problems.add(
                    FIELD, "this kernel does not know " + action.ociName(), "use another action"));
    profile.flags().stream()
        .filter(flag -> !facts.seccompFlags().contains(flag))
        .forEach(
            flag ->
                draft.problems.add(
                    FIELD + ".flags",
                    "this kernel does not know " + flag.ociName(),
                    "leave it out, or boot a newer kernel"));
  }

  /** As unix(7) takes it. */
  private static boolean isSocketName(String path) {
    return path.startsWith("/")
        && path.getBytes(StandardCharsets.UTF_8).length <= LONGEST_SOCKET
        && path.indexOf('\0') < 0;
  }
}
