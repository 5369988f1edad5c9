package dev.stockade.launcher.seccomp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SeccompCompilerTest {
  private static final Verdict EPERM = new Verdict(Action.ERRNO, 1);
  private static final Verdict ENOSYS = new Verdict(Action.ERRNO, 38);
  private static final Verdict TRAP = new Verdict(Action.TRAP, 0);

  private static Verdict verdict(Profile profile, Arch arch, int number, long... args)
      throws ProfileException {
    BpfProgram program = SeccompCompiler.compile(profile, Arch.X86_64);
    return new BpfSimulator(program).run(SeccompData.of(arch, number, args)).verdict();
  }

  private static Verdict socket(Action fallback, long family, Rule... rules)
      throws ProfileException {
    return verdict(Profile.of(fallback, List.of(), List.of(rules)), Arch.X86_64, 41, family);
  }

  private static Rule socketRule(Action action, Condition... conditions) {
    return Rule.of(action, List.of("socket"), conditions);
  }

  private static Condition family(Comparison op, long value) {
    return new Condition(0, value, 0, op);
  }

  @Test
  void aRuleWithoutConditionsVoidsAllOthers() throws Exception {
    Rule trap = socketRule(Action.TRAP, family(Comparison.EQ, 38));
    assertThat(socket(Action.ERRNO, 38, trap, socketRule(Action.ALLOW))).isEqualTo(Verdict.ALLOW);
    assertThat(socket(Action.ERRNO, 38, socketRule(Action.ALLOW), trap)).isEqualTo(Verdict.ALLOW);
    assertThat(socket(Action.ERRNO, 38, socketRule(Action.ALLOW), socketRule(Action.TRAP)))
        .isEqualTo(Verdict.ALLOW);
    Rule empty = socketRule(Action.LOG, new Condition(0, 0, 7, Comparison.MASKED_EQ));
    assertThat(socket(Action.ERRNO, 38, trap, empty)).isEqualTo(new Verdict(Action.LOG, 0));
  }

  @Test
  void ofSeveralConditionsThatHoldTheStrictestDecides() throws Exception {
    Rule allow = socketRule(Action.ALLOW, family(Comparison.GE, 30));
    Rule trap = socketRule(Action.TRAP, family(Comparison.EQ, 38));
    assertThat(socket(Action.ERRNO, 38, allow, trap)).isEqualTo(TRAP);
    assertThat(socket(Action.ERRNO, 38, trap, allow)).isEqualTo(TRAP);
    assertThat(socket(Action.ERRNO, 39, trap, allow)).isEqualTo(Verdict.ALLOW);
    assertThat(socket(Action.ERRNO, 2, trap, allow)).isEqualTo(EPERM);
  }

  @Test
  void aRuleThatEqualsTheDefaultIsSkipped() throws Exception {
    Rule deny = socketRule(Action.ERRNO, family(Comparison.EQ, 38));
    Rule allow = socketRule(Action.ALLOW, family(Comparison.GE, 30));
    assertThat(socket(Action.ERRNO, 38, deny, allow)).isEqualTo(Verdict.ALLOW);
    Rule other = new Rule(List.of("socket"), Action.ERRNO, 97, List.of(family(Comparison.EQ, 38)));
    assertThat(socket(Action.ERRNO, 38, other, allow)).isEqualTo(new Verdict(Action.ERRNO, 97));
  }

  @Test
  void conditionsOnDifferentArgumentsMustAllHoldOnOneAnyIsEnough() throws Exception {
    Rule both =
        socketRule(Action.ALLOW, family(Comparison.EQ, 2), new Condition(1, 1, 0, Comparison.EQ));
    Profile profile = Profile.of(Action.ERRNO, List.of(), List.of(both));
    assertThat(verdict(profile, Arch.X86_64, 41, 2, 1)).isEqualTo(Verdict.ALLOW);
    assertThat(verdict(profile, Arch.X86_64, 41, 2, 2)).isEqualTo(EPERM);
    Rule either = socketRule(Action.ALLOW, family(Comparison.NE, 38), family(Comparison.NE, 40));
    assertThat(socket(Action.ERRNO, 38, either)).isEqualTo(Verdict.ALLOW);
  }

  @Test
  void allBitsCountOn64BitAndTheLowerHalfOn32Bit() throws Exception {
    Profile profile =
        Profile.of(
            Action.ERRNO,
            List.of(ProfileArch.X86),
            List.of(socketRule(Action.ALLOW, family(Comparison.EQ, 2))));
    assertThat(verdict(profile, Arch.X86_64, 41, 2)).isEqualTo(Verdict.ALLOW);
    assertThat(verdict(profile, Arch.X86_64, 41, 0x1_0000_0002L)).isEqualTo(EPERM);
    assertThat(verdict(profile, Arch.X86, 359, 0x1_0000_0002L)).isEqualTo(Verdict.ALLOW);
  }

  @Test
  void callsNewerThanTheProfileAreAbsent() throws Exception {
    List<Rule> rules = List.of(Rule.of(Action.ALLOW, List.of("statx", "process_vm_readv")));
    List<ProfileArch> archs = List.of(ProfileArch.X32);
    for (Action fallback : List.of(Action.ERRNO, Action.KILL_PROCESS, Action.TRAP)) {
      Profile profile = Profile.of(fallback, archs, rules);
      assertThat(verdict(profile, Arch.X86_64, 333)).isEqualTo(ENOSYS);
      assertThat(verdict(profile, Arch.X86_64, 331).action()).isEqualTo(fallback);
      assertThat(verdict(profile, Arch.X32, 0x40000000 | 333)).isEqualTo(ENOSYS);
      assertThat(verdict(profile, Arch.X32, 0x40000000 | 520).action()).isEqualTo(fallback);
      assertThat(verdict(profile, Arch.X32, 0x40000000 | 548)).isEqualTo(ENOSYS);
      assertThat(verdict(profile, Arch.X86_64, -1).action()).isEqualTo(fallback);
    }
    for (Action fallback : List.of(Action.ALLOW, Action.LOG, Action.TRACE)) {
      Profile profile =
          Profile.of(fallback, archs, List.of(Rule.of(Action.TRAP, List.of("statx"))));
      assertThat(verdict(profile, Arch.X86_64, 333).action()).isEqualTo(fallback);
    }
  }

  @Test
  void aProfileThatNamesNothingHasNoAge() throws Exception {
    assertThat(verdict(Profile.of(Action.ERRNO, List.of(), List.of()), Arch.X86_64, 1000))
        .isEqualTo(EPERM);
  }

  @Test
  void architecturesThatAreNotListedKill() throws Exception {
    Profile profile = Profile.of(Action.ALLOW, List.of(), List.of());
    assertThat(verdict(profile, Arch.X86_64, 0)).isEqualTo(Verdict.ALLOW);
    assertThat(verdict(profile, Arch.X32, 0x40000000)).isEqualTo(Verdict.KILL_THREAD);
    assertThat(verdict(profile, Arch.X86, 1)).isEqualTo(Verdict.KILL_THREAD);
    assertThat(verdict(profile, Arch.AARCH64, 1)).isEqualTo(Verdict.KILL_THREAD);
    assertThat(verdict(profile, Arch.X86_64, -1)).isEqualTo(Verdict.ALLOW);
  }

  @Test
  void denyingACallDeniesItInsideItsMultiplexer() throws Exception {
    Rule deny = Rule.of(Action.ERRNO, List.of("bind", "semget"), family(Comparison.EQ, 9));
    Profile profile = Profile.of(Action.ALLOW, List.of(ProfileArch.X86), List.of(deny));
    assertThat(verdict(profile, Arch.X86, 102, 2)).isEqualTo(EPERM);
    assertThat(verdict(profile, Arch.X86, 102, 3)).isEqualTo(Verdict.ALLOW);
    assertThat(verdict(profile, Arch.X86, 117, 0x10002)).isEqualTo(EPERM);
  }

  @Test
  void equalProfilesGiveEqualPrograms() throws Exception {
    Profile profile =
        Profile.of(Action.ERRNO, List.of(), List.of(Rule.of(Action.ALLOW, List.of("read"))));
    assertThat(SeccompCompiler.compile(profile, Arch.AARCH64))
        .isEqualTo(
            SeccompCompiler.compile(
                ProfileReader.read(profile.toJson().getBytes(UTF_8)).everything(), Arch.AARCH64));
  }

  @Test
  void aProfileThatNeedsTooMuchIsRefused() {
    for (int conditions : new int[] {3_000, 100_000}) {
      List<Rule> rules = new ArrayList<>();
      for (int i = 0; i < conditions; i++) {
        rules.add(
            Rule.of(
                Action.TRAP,
                List.of("ioctl"),
                new Condition(1, (7919L * i) << 20, 0, Comparison.GT)));
      }
      assertThatThrownBy(
              () ->
                  SeccompCompiler.compile(Profile.of(Action.ALLOW, List.of(), rules), Arch.X86_64))
          .isInstanceOf(ProfileException.class)
          .hasMessageContaining("the kernel takes 4096");
    }
  }

  @Test
  void aProfileThatCannotBeEnforcedIsRefused() {
    Profile profile =
        Profile.of(Action.ALLOW, List.of(), List.of(Rule.of(Action.ERRNO, List.of("open_sesame"))));
    assertThatThrownBy(() -> SeccompCompiler.compile(profile, Arch.X86_64))
        .isInstanceOf(ProfileException.class)
        .hasMessageContaining("syscalls[0].names[0]")
        .hasMessageContaining("open_sesame");
  }
}
