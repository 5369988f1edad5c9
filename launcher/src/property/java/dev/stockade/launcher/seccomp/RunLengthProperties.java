package dev.stockade.launcher.seccomp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.launcher.seccomp.oracle.Libseccomp;
import dev.stockade.launcher.seccomp.oracle.OracleFilter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The allowed calls of the default profile take no more instructions on average than in
 * libseccomp's binary tree, on every ABI.
 */
class RunLengthProperties {
  private final Libseccomp library = Libseccomp.load();
  @TempDir Path directory = Path.of("replaced by JUnit");

  @Test
  void allowedCallsAreFoundAtLeastAsFast() throws Exception {
    for (Arch nativeArch : List.of(Arch.X86_64, Arch.AARCH64)) {
      for (List<String> bounding : List.of(DefaultCapabilities.NAMES, List.of("CAP_SYS_ADMIN"))) {
        compare(DefaultProfile.forCapabilities(new TreeSet<>(bounding), nativeArch), nativeArch);
      }
    }
  }

  private void compare(Profile profile, Arch nativeArch) throws Exception {
    BpfProgram ours = SeccompCompiler.compile(profile, nativeArch);
    BpfProgram theirs =
        OracleFilter.compile(library, profile, nativeArch, true, directory.resolve("bpf"));
    for (Arch arch : profile.archs(nativeArch)) {
      List<SeccompData> calls = allowed(profile, nativeArch, arch, theirs);
      double mean = mean(ours, calls);
      double theirMean = mean(theirs, calls);
      System.out.printf(
          "seccomp: %s on %s, %d allowed calls: mean %.2f instructions, libseccomp %s %.2f; program %d, libseccomp %d%n",
          arch.label(),
          nativeArch.label(),
          calls.size(),
          mean,
          Libseccomp.version(library),
          theirMean,
          ours.length(),
          theirs.length());
      assertThat(mean).isLessThanOrEqualTo(theirMean);
    }
  }

  /** Every call both programs allow, with arguments that the rules let through. */
  private static List<SeccompData> allowed(
      Profile profile, Arch nativeArch, Arch arch, BpfProgram theirs) {
    BpfSimulator oracle = new BpfSimulator(theirs);
    ReferencePolicy reference = new ReferencePolicy(profile, nativeArch);
    List<SeccompData> allowed = new ArrayList<>();
    for (int number : new TreeSet<>(SyscallTable.of(arch).numbers().values())) {
      for (long argument : new long[] {0, 1, 2, 10, 16}) {
        SeccompData call = SeccompData.of(arch, number, argument);
        boolean matters = argument == 0 || !reference.clauses(arch, number).isEmpty();
        if (matters
            && reference.verdict(call).equals(Verdict.ALLOW)
            && oracle.run(call).verdict().equals(Verdict.ALLOW)) {
          allowed.add(call);
        }
      }
    }
    return allowed;
  }

  private static double mean(BpfProgram program, List<SeccompData> calls) {
    BpfSimulator simulator = new BpfSimulator(program);
    return calls.stream()
        .mapToInt(call -> simulator.run(call).instructions())
        .average()
        .orElseThrow();
  }
}
