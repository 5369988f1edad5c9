package dev.stockade.launcher.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.plan.Constraint;
import dev.stockade.launcher.plan.Receipt;
import dev.stockade.launcher.plan.Receipt.Outcome;
import dev.stockade.launcher.plan.Receipt.Verification;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Where nobody may trace, a program is verified while it runs. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class UntracedKernelTest {
  private static final Set<Outcome> GOOD =
      Set.of(Outcome.MATCH, Outcome.SELF_REPORTED, Outcome.COUNT_ONLY);

  private Path directory;
  private Bench bench;

  @BeforeAll
  void open(@TempDir Path temporary) throws Exception {
    directory = temporary;
    bench = Bench.open(temporary.resolve("bench"));
  }

  @AfterAll
  void close() throws Exception {
    if (bench != null) {
      bench.close();
    }
  }

  @AfterEach
  void nothingStays() throws Exception {
    assertThat(bench.leftCgroups()).isEmpty();
  }

  private Receipt receipt(ContainerSpec spec) throws Exception {
    try (RunningProcess process = bench.launch(spec.untraced())) {
      process.kill();
      Bench.exit(process);
      return process.receipt().orElseThrow();
    }
  }

  @Test
  void aProgramThatSitsStillShowsAllThatWasAsked() throws Exception {
    Receipt receipt = receipt(bench.container("sleep", "60"));
    assertThat(receipt.verification()).isEqualTo(Verification.AFTER_EXEC);
    assertThat(receipt.rows()).allSatisfy(row -> assertThat(GOOD).contains(row.outcome()));
    assertThat(receipt.rows().size()).isGreaterThan(50);
  }

  @Test
  void whatItChangesItselfIsNotHeldAgainstTheLaunch() throws Exception {
    ContainerSpec spec =
        bench.container(
            "sh",
            "-c",
            "exec 5</etc/passwd; umask 0; cd /tmp; trap '' TERM; ulimit -S -n 50; exec sleep 60");
    Receipt receipt = receipt(spec);
    assertThat(receipt.verification()).isEqualTo(Verification.AFTER_EXEC);
    assertThat(receipt.mismatches()).isEmpty();
  }

  @Test
  void oneThatHasChangedMuchShowsItAsNotComparable() throws Exception {
    Path volume = Files.createDirectories(directory.resolve("volume"));
    ContainerSpec spec =
        bench
            .container("sh", "-c", "umask 0; cd /tmp; exec sleep 60")
            .bind("/volume", volume, "rbind");
    TreeMap<Constraint, Outcome> outcomes = new TreeMap<>();
    // It is faster than its engine in most launches, and once is enough.
    Set<Constraint> changed = Set.of(Constraint.USER_UMASK, Constraint.PROCESS_CWD);
    for (int i = 0; i < 100 && !outcomes.keySet().containsAll(changed); i++) {
      receipt(spec).rows().stream()
          .filter(row -> !GOOD.contains(row.outcome()))
          .forEach(row -> outcomes.put(row.constraint(), row.outcome()));
    }
    assertThat(outcomes)
        .containsEntry(Constraint.USER_UMASK, Outcome.NOT_COMPARABLE)
        .containsEntry(Constraint.PROCESS_CWD, Outcome.NOT_COMPARABLE);
    assertThat(outcomes.values()).containsOnly(Outcome.NOT_COMPARABLE);
  }

  @Test
  void oneThatExitsAtOnceIsNotAFailure() throws Exception {
    for (int i = 0; i < 40; i++) {
      try (RunningProcess process =
          bench.launch(bench.container("sh", "-c", "exit 3").untraced())) {
        assertThat(process.receipt().orElseThrow().verification())
            .isIn(Verification.AFTER_EXEC, Verification.EXITED_FIRST);
        assertThat(Bench.exit(process).code()).isEqualTo(3);
      }
    }
  }

  /** A security module refuses a traced exec as if the file were not executable. */
  private Bench refusingTracedExec(String name) throws Exception {
    return Bench.faulty(directory.resolve(name), bench.layer, "deny:EXEC:13");
  }

  @Test
  void anExecThatIsRefusedUnderATracerIsTriedOnceWithout() throws Exception {
    try (Bench refusing = refusingTracedExec("refusing")) {
      ContainerSpec spec = refusing.container("sh", "-c", "sleep 0.5; exit 6");
      spec.appArmor();
      try (RunningProcess process = refusing.launch(spec)) {
        Receipt receipt = process.receipt().orElseThrow();
        assertThat(receipt.verification()).isEqualTo(Verification.AFTER_EXEC);
        assertThat(receipt.passed()).isTrue();
        assertThat(Bench.exit(process).code()).isEqualTo(6);
      }
      assertThat(refusing.leftCgroups()).isEmpty();
      refusing.awaitNoMonitors();
    }
  }

  @Test
  void withoutASecurityModuleARefusedExecIsFinal() throws Exception {
    assumeFalse(
        bench.launcher.facts().appArmor() || bench.launcher.facts().seLinux(),
        "needs a kernel without AppArmor and SELinux");
    try (Bench refusing = refusingTracedExec("no-module")) {
      ContainerSpec spec = refusing.container("sleep", "60");
      LaunchFailure failure =
          catchThrowableOfType(LaunchFailure.class, () -> refusing.launch(spec));
      assertThat(failure.kind()).isEqualTo(LaunchFailure.Cause.EXECUTABLE);
      assertThat(failure.getSuppressed()).isEmpty();
      assertThat(refusing.leftCgroups()).isEmpty();
    }
  }

  @Test
  void whereVerificationBeforeExecIsDemandedARefusedExecIsFinal() throws Exception {
    try (Bench refusing = refusingTracedExec("demanding")) {
      refusing.demandBeforeExec();
      ContainerSpec spec = refusing.container("sleep", "60");
      spec.appArmor();
      LaunchFailure failure =
          catchThrowableOfType(LaunchFailure.class, () -> refusing.launch(spec));
      assertThat(failure).hasMessageContaining("EACCES");
      assertThat(failure.getSuppressed()).isEmpty();
      assertThat(refusing.leftCgroups()).isEmpty();
    }
  }

  @Test
  void aProgramThatIsNotExecutableFailsTracedAndUntraced() throws Exception {
    Path volume = Files.createDirectories(directory.resolve("scripts"));
    Files.writeString(volume.resolve("interpreter"), "no program");
    Path script = Files.writeString(volume.resolve("script"), "#!/volume/interpreter\n");
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    ContainerSpec spec = bench.container("/volume/script").bind("/volume", volume, "rbind");
    spec.appArmor();
    LaunchFailure failure = catchThrowableOfType(LaunchFailure.class, () -> bench.launch(spec));
    assertThat(failure.kind()).isEqualTo(LaunchFailure.Cause.EXECUTABLE);
    assertThat(failure.errno()).isEqualTo(Errno.EACCES);
    assertThat(failure.getSuppressed()).hasSize(1);
  }

  @Test
  void whatItCannotHaveLoosenedIsFoundOut() throws Exception {
    String wrong = "or:BOUNDING:0:0x200000;or:CAPSET:1:0x200000";
    try (Bench faulty = Bench.faulty(directory.resolve("faulty"), bench.layer, wrong)) {
      ContainerSpec spec = faulty.container("sleep", "60").untraced();
      LaunchFailure failure = catchThrowableOfType(LaunchFailure.class, () -> faulty.launch(spec));
      assertThat(failure).isNotNull();
      assertThat(failure.mismatches())
          .extracting(Receipt.Row::constraint)
          .contains(Constraint.CAPABILITIES_BOUNDING, Constraint.CAPABILITIES_EFFECTIVE);
      assertThat(faulty.leftCgroups()).isEmpty();
      faulty.awaitNoMonitors();
    }
  }
}
