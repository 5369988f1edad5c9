package dev.stockade.launcher.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stockade.launcher.caps.CapabilitySet;
import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.plan.HostFacts;
import dev.stockade.launcher.plan.HostFacts.Tracing;
import dev.stockade.launcher.plan.StepCode;
import dev.stockade.launcher.seccomp.Arch;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Decided from facts and from a policy's answers, which a table gives here. */
final class TraceDecisionTest {
  private static final String WARDEN = "system_u:system_r:warden_t:s0";
  private static final String PROGRAM = "system_u:system_r:container_t:s0:c1,c2";
  private static final Tracing YAMA = Tracing.impossible("kernel.yama.ptrace_scope is 3");

  private final List<String> asked = new ArrayList<>();

  private static HostFacts facts(boolean appArmor, boolean seLinux, Tracing tracing) {
    return new HostFacts(
        "6.12.0",
        Arch.X86_64,
        40,
        CapabilitySet.upTo(40),
        CapabilitySet.upTo(40),
        Set.of(),
        appArmor,
        seLinux,
        tracing,
        Optional.empty(),
        Set.of(),
        true,
        Set.of(),
        Set.of(),
        1,
        Optional.empty(),
        true,
        true,
        true,
        6,
        0,
        Set.of(),
        Set.of());
  }

  private Tracing before(HostFacts facts, String program, Set<String> allowed) throws IOException {
    return TraceDecision.before(
        facts,
        WARDEN,
        program,
        (tracer, target) -> {
          assertThat(tracer).isEqualTo(WARDEN);
          asked.add(target);
          return allowed.contains(target);
        });
  }

  @Test
  void withoutSeLinuxTheHostsWordCounts() throws IOException {
    assertThat(before(facts(true, false, Tracing.POSSIBLE), "", Set.of()))
        .isEqualTo(Tracing.POSSIBLE);
    assertThat(before(facts(true, false, YAMA), "", Set.of())).isEqualTo(YAMA);
    assertThat(before(facts(false, true, YAMA), PROGRAM, Set.of())).isEqualTo(YAMA);
    assertThat(asked).isEmpty();
  }

  @Test
  void thePolicyMustAllowBothTheSeizeAndTheExec() throws IOException {
    HostFacts facts = facts(false, true, Tracing.POSSIBLE);
    assertThat(before(facts, PROGRAM, Set.of(WARDEN, PROGRAM))).isEqualTo(Tracing.POSSIBLE);
    assertThat(asked).containsExactly(WARDEN, PROGRAM);
    assertThat(before(facts, PROGRAM, Set.of(WARDEN)).obstacle())
        .isEqualTo("the SELinux policy forbids " + WARDEN + " to trace " + PROGRAM);
    assertThat(before(facts, PROGRAM, Set.of(PROGRAM)).possible()).isFalse();
    assertThat(before(facts, "", Set.of(WARDEN))).isEqualTo(Tracing.POSSIBLE);
    assertThat(before(facts, "", Set.of()).possible()).isFalse();
  }

  @Test
  void aQuestionThatFailsDecidesNothing() {
    assertThatThrownBy(
            () ->
                TraceDecision.before(
                    facts(false, true, Tracing.POSSIBLE),
                    WARDEN,
                    PROGRAM,
                    (tracer, target) -> {
                      throw new IOException("no such context");
                    }))
        .hasMessage("no such context");
  }

  private static LaunchFailure failed(StepCode step, Errno errno) {
    return new LaunchFailure(
        LaunchFailure.Cause.STEP, "failed", "mend it", Optional.of(step), errno);
  }

  @ParameterizedTest
  @EnumSource(
      value = StepCode.class,
      names = {"EXEC", "EXEC_FD"})
  void aDeniedExecIsTriedAgainWhereAModuleMayHaveDeniedIt(StepCode exec) {
    for (Errno errno : List.of(Errno.EPERM, Errno.EACCES)) {
      LaunchFailure failure = failed(exec, errno);
      assertThat(TraceDecision.after(facts(true, false, Tracing.POSSIBLE), failure)).isPresent();
      assertThat(TraceDecision.after(facts(false, true, Tracing.POSSIBLE), failure)).isPresent();
      assertThat(TraceDecision.after(facts(false, false, Tracing.POSSIBLE), failure)).isEmpty();
    }
    HostFacts both = facts(true, true, Tracing.POSSIBLE);
    assertThat(TraceDecision.after(both, failed(exec, Errno.ENOENT))).isEmpty();
  }

  @Test
  void aDeniedSeizeIsTriedAgainAnywhere() {
    HostFacts none = facts(false, false, Tracing.POSSIBLE);
    assertThat(TraceDecision.after(none, failed(StepCode.TRACE, Errno.EPERM))).isPresent();
    assertThat(TraceDecision.after(none, failed(StepCode.TRACE, Errno.ESRCH))).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(
      value = StepCode.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = {"TRACE", "EXEC", "EXEC_FD"})
  void noOtherStepIsTriedAgain(StepCode step) {
    HostFacts both = facts(true, true, Tracing.POSSIBLE);
    assertThat(TraceDecision.after(both, failed(step, Errno.EPERM))).isEmpty();
  }

  @Test
  void aFailureOfNoStepIsFinal() {
    LaunchFailure failure = new LaunchFailure(LaunchFailure.Cause.DIED, "killed");
    assertThat(TraceDecision.after(facts(true, true, Tracing.POSSIBLE), failure)).isEmpty();
  }
}
