package dev.stockade.launcher.seccomp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class LaunchTailTest {
  private static final Condition TWO = new Condition(1, 2, 0, Comparison.EQ);

  private static List<String> denied(Action fallback, boolean noNewPrivs, Rule... rules)
      throws ProfileException {
    Profile profile = new Profile(fallback, null, List.of(), List.of(), "/l", null, List.of(rules));
    return LaunchTail.denied(
        SeccompCompiler.compile(profile, Arch.X86_64), Arch.X86_64, noNewPrivs);
  }

  @Test
  void theDefaultProfileLetsEveryLaunchEnd() throws Exception {
    for (Arch arch : List.of(Arch.X86_64, Arch.AARCH64)) {
      BpfProgram program =
          SeccompCompiler.compile(DefaultProfile.forCapabilities(new TreeSet<>(), arch), arch);
      assertThat(LaunchTail.denied(program, arch, true)).isEmpty();
      assertThat(LaunchTail.denied(program, arch, false)).isEmpty();
    }
  }

  @Test
  void whatTheLauncherStillNeedsIsNamed() throws Exception {
    assertThat(denied(Action.ERRNO, true, Rule.of(Action.ALLOW, List.of("read"))))
        .containsExactly("execve: ERRNO(38)");
    assertThat(denied(Action.KILL, false, Rule.of(Action.ALLOW, List.of("execve", "seccomp"))))
        .containsExactly(
            "capset: KILL_THREAD",
            "prctl(PR_CAP_AMBIENT_CLEAR_ALL): KILL_THREAD",
            "prctl(PR_CAP_AMBIENT_RAISE): KILL_THREAD");
  }

  @Test
  void argumentsOfPrctlAreKnown() throws Exception {
    assertThat(denied(Action.ALLOW, false, Rule.of(Action.ERRNO, List.of("prctl"), TWO)))
        .containsExactly("prctl(PR_CAP_AMBIENT_RAISE): ERRNO(1)");
    assertThat(
            denied(
                Action.ALLOW,
                false,
                Rule.of(Action.ERRNO, List.of("prctl"), new Condition(0, 22, 0, Comparison.EQ))))
        .isEmpty();
  }

  @Test
  void argumentsOfExecveMayBeAnything() throws Exception {
    assertThat(denied(Action.ALLOW, true, Rule.of(Action.TRAP, List.of("execve"), TWO)))
        .containsExactly("execve: TRAP");
    assertThat(denied(Action.ERRNO, true, Rule.of(Action.ALLOW, List.of("execve"), TWO)))
        .hasSize(1);
  }

  @Test
  void aListenerHearsOfItTooLateAndATracerIsMissing() throws Exception {
    assertThat(denied(Action.NOTIFY, true)).containsExactly("execve: NOTIFY");
    assertThat(denied(Action.LOG, false)).isEmpty();
    assertThat(denied(Action.TRACE, true)).containsExactly("execve: TRACE(1)");
  }
}
