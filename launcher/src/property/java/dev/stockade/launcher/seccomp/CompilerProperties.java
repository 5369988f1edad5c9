package dev.stockade.launcher.seccomp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Programs, explanations and the reference agree on every call at a boundary. */
class CompilerProperties {
  private static final int PROFILES = 1000;
  private static final long SEED = Long.getLong("stockade.seed", 20261123L);

  private long calls;
  private long explained;
  private long instructions;
  private int longest;

  @Test
  void theDefaultProfileDecidesAsItSays() throws Exception {
    for (Arch nativeArch : List.of(Arch.X86_64, Arch.AARCH64)) {
      for (Set<String> capabilities :
          List.of(Set.<String>of(), Set.of("CAP_SYS_ADMIN", "CAP_BPF", "CAP_SYS_NICE"))) {
        check(DefaultProfile.forCapabilities(capabilities, nativeArch), nativeArch, 1);
      }
    }
    System.out.printf("seccomp: default profiles, %d calls, %d explained%n", calls, explained);
  }

  @Test
  void randomProfilesDecideAsTheySay() throws Exception {
    for (Arch nativeArch : List.of(Arch.X86_64, Arch.AARCH64)) {
      RandomProfiles profiles = new RandomProfiles(SEED, nativeArch);
      for (int i = 0; i < PROFILES / 2; i++) {
        check(profiles.next(), nativeArch, 3);
      }
    }
    System.out.printf(
        "seccomp: seed %d, %d random profiles, %d calls, %d explained, longest program %d, mean run %.1f instructions%n",
        SEED, PROFILES, calls, explained, longest, (double) instructions / calls);
  }

  private void check(Profile profile, Arch nativeArch, int explainEvery) throws ProfileException {
    BpfProgram program = SeccompCompiler.compile(profile, nativeArch);
    BpfSimulator simulator = new BpfSimulator(program);
    ReferencePolicy reference = new ReferencePolicy(profile, nativeArch);
    SeccompPolicy policy = new SeccompPolicy(profile, nativeArch);
    longest = Math.max(longest, program.length());
    new BoundaryCalls(profile, nativeArch, true)
        .forEach(
            call -> {
              BpfSimulator.Outcome outcome = simulator.run(call);
              Verdict expected = reference.verdict(call);
              verify(outcome.verdict(), expected, call, profile, nativeArch);
              calls++;
              instructions += outcome.instructions();
              if (calls % explainEvery == 0) {
                verify(policy.explain(call).verdict(), expected, call, profile, nativeArch);
                explained++;
              }
            });
  }

  private static void verify(
      Verdict actual, Verdict expected, SeccompData call, Profile profile, Arch nativeArch) {
    if (!actual.equals(expected)) {
      SeccompVerdict explanation = new SeccompPolicy(profile, nativeArch).explain(call);
      assertThat(actual)
          .as("%s on %s (%s) under %s", call, nativeArch, explanation, profile.toJson())
          .isEqualTo(expected);
    }
  }
}
