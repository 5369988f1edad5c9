package dev.stockade.launcher.seccomp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.launcher.seccomp.oracle.Libseccomp;
import dev.stockade.launcher.seccomp.oracle.OracleFilter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The installed libseccomp's programs give the same verdicts as ours, except where {@link
 * KnownDifference} says why not. For arm64 they are always asked for as a binary tree: without it
 * libseccomp (2.5.4 and 2.6.1) makes some programs that compare the number before they load it.
 */
class LibseccompProperties {
  private static final int PROFILES = 1000;
  private static final long SEED = Long.getLong("stockade.seed", 20261123L);

  private final Map<String, Long> counts = new TreeMap<>();
  private final Libseccomp library = Libseccomp.load();
  @TempDir Path directory = Path.of("replaced by JUnit");

  @Test
  void theDefaultProfileMeansTheSame() throws Exception {
    for (Arch nativeArch : List.of(Arch.X86_64, Arch.AARCH64)) {
      for (List<String> bounding :
          List.of(DefaultCapabilities.NAMES, List.of("CAP_SYS_ADMIN", "CAP_SYS_NICE"))) {
        Profile profile = DefaultProfile.forCapabilities(new TreeSet<>(bounding), nativeArch);
        assertThat(compare(profile, nativeArch, true)).isTrue();
      }
    }
    print("default profiles");
  }

  @Test
  void randomProfilesMeanTheSame() throws Exception {
    int compared = 0;
    for (Arch nativeArch : List.of(Arch.X86_64, Arch.AARCH64)) {
      RandomProfiles profiles = new RandomProfiles(SEED, nativeArch);
      for (int accepted = 0; accepted < PROFILES / 2; compared++) {
        boolean tree = nativeArch == Arch.AARCH64 || compared % 2 == 0;
        accepted += compare(profiles.next(), nativeArch, tree) ? 1 : 0;
      }
    }
    print("seed " + SEED + ", random profiles");
    assertThat(counts.get("profiles")).isEqualTo(PROFILES);
    assertThat(counts.get("calls compared and the same")).isGreaterThan(1_000_000);
  }

  private void print(String what) {
    StringBuilder text =
        new StringBuilder(
            "seccomp against libseccomp " + Libseccomp.version(library) + ": " + what);
    counts.forEach((key, value) -> text.append("\n  ").append(value).append(' ').append(key));
    System.out.println(text);
  }

  /** False if libseccomp refuses the profile, which it does for some contradictions. */
  private boolean compare(Profile profile, Arch nativeArch, boolean tree)
      throws ProfileException, IOException {
    BpfProgram theirs;
    try {
      theirs = OracleFilter.compile(library, profile, nativeArch, tree, directory.resolve("bpf"));
    } catch (OracleFilter.Refusal e) {
      count("profiles refused by libseccomp, " + e.errno());
      return false;
    }
    count("profiles");
    BpfSimulator ours = new BpfSimulator(SeccompCompiler.compile(profile, nativeArch));
    BpfSimulator oracle = new BpfSimulator(theirs);
    ReferencePolicy reference = new ReferencePolicy(profile, nativeArch);
    BoundaryCalls calls = new BoundaryCalls(profile, nativeArch, true);
    calls.forEach(
        call -> {
          Verdict verdict = ours.run(call).verdict();
          boolean equal = verdict.equals(oracle.run(call).verdict());
          Optional<KnownDifference> difference =
              KnownDifference.of(library, profile, reference, call);
          if (difference.isPresent()) {
            count("calls " + difference.get() + (equal ? ", the same anyway" : ", different"));
            verify(verdict, reference.verdict(call), call, profile, nativeArch);
          } else {
            count("calls compared and the same");
            verify(verdict, oracle.run(call).verdict(), call, profile, nativeArch);
          }
        });
    return true;
  }

  private static void verify(
      Verdict ours, Verdict expected, SeccompData call, Profile profile, Arch nativeArch) {
    if (!ours.equals(expected)) {
      assertThat(ours)
          .as("%s on %s under %s", call, nativeArch, profile.toJson())
          .isEqualTo(expected);
    }
  }

  private void count(String what) {
    counts.merge(what, 1L, Long::sum);
  }
}
