package dev.stockade.launcher.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.plan.Constraint;
import dev.stockade.launcher.plan.LaunchRequest;
import dev.stockade.launcher.plan.Receipt;
import dev.stockade.launcher.plan.Receipt.Verification;
import dev.stockade.launcher.plan.StepCode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Processes under an AppArmor profile, where the kernel has AppArmor. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class AppArmorKernelTest {
  private static final String ENFORCED = Labels.CONFINED + " (enforce)";
  private static final String CURRENT = "cat /proc/self/attr/apparmor/current";

  private Path directory;
  private Bench bench;

  @BeforeAll
  void open(@TempDir Path temporary) throws Exception {
    directory = temporary;
    bench = Bench.open(temporary.resolve("bench"));
  }

  @BeforeEach
  void requireAppArmor() throws Exception {
    Labels.requireAppArmor(bench.launcher);
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

  private static ContainerSpec confined(ContainerSpec spec) {
    Labels.confined(spec);
    return spec;
  }

  private static Optional<Receipt.Row> label(Receipt receipt) {
    return receipt.rows().stream()
        .filter(row -> row.constraint() == Constraint.LSM_APPARMOR)
        .findFirst();
  }

  private static void requireConfined(RunningProcess process, Verification verification) {
    Receipt receipt = process.receipt().orElseThrow();
    assertThat(receipt.verification()).isEqualTo(verification);
    assertThat(receipt.passed()).isTrue();
    assertThat(label(receipt))
        .hasValueSatisfying(row -> assertThat(row.kernel()).isEqualTo(ENFORCED));
  }

  /**
   * The transition from unconfined is allowed under no_new_privs: apparmor_bprm_creds_for_exec().
   */
  @Test
  void aProfileAndNoNewPrivilegesGoTogetherAlsoForCommands() throws Exception {
    ContainerSpec spec = confined(bench.container("sh", "-c", CURRENT + "; sleep 60"));
    assertThat(spec.noNewPrivileges).isTrue();
    try (RunningProcess process = bench.launch(spec)) {
      requireConfined(process, Verification.BEFORE_EXEC);
      LaunchRequest exec =
          spec.exec(process, spec.id + "-x", "sh", "-c", CURRENT + "; : >/tmp/denied");
      Output output =
          bench.launcher.run(
              Bench.compile(exec), exec, LaunchFiles.exec(process), Duration.ofSeconds(30), 4096);
      assertThat(output.standard()).asString(StandardCharsets.US_ASCII).isEqualTo(ENFORCED + "\n");
      assertThat(output.error())
          .asString(StandardCharsets.US_ASCII)
          .contains("/tmp/denied: Permission denied");
      assertThat(label(output.receipt().orElseThrow()).orElseThrow().kernel()).isEqualTo(ENFORCED);
      process.kill();
      Bench.exit(process);
    }
    assertThat(bench.output(spec.id)).isEqualTo(ENFORCED + "\n");
  }

  @Test
  void aUserNamespaceHasItsLabelToo() throws Exception {
    ContainerSpec spec = confined(bench.container("sh", "-c", CURRENT + "; sleep 60"));
    try (RunningProcess process = bench.launch(spec.userNamespace())) {
      requireConfined(process, Verification.BEFORE_EXEC);
      process.kill();
      Bench.exit(process);
    }
  }

  @Test
  void unconfinedIsAskedForAndReadBack() throws Exception {
    ContainerSpec spec = bench.container("sleep", "60");
    spec.appArmorProfile = "unconfined";
    try (RunningProcess process = bench.launch(spec)) {
      assertThat(label(process.receipt().orElseThrow()).orElseThrow().kernel())
          .isEqualTo("unconfined");
      process.kill();
      Bench.exit(process);
    }
  }

  @Test
  void aProfileThatIsNotLoadedFailsTheStart() throws Exception {
    ContainerSpec spec = bench.container("sleep", "60");
    spec.appArmorProfile = "stockade-test-of-nobody";
    LaunchFailure failure = catchThrowableOfType(LaunchFailure.class, () -> bench.launch(spec));
    assertThat(failure.step()).contains(StepCode.LSM_ATTRIBUTE);
    assertThat(failure.errno()).isEqualTo(Errno.ENOENT);
  }

  @Test
  void aProfileThatOnlyComplainsIsFoundOut() throws Exception {
    Labels.load(bench.launcher, "profile stockade-test-complains flags=(complain) { file, }");
    ContainerSpec spec = bench.container("sleep", "60");
    spec.appArmorProfile = "stockade-test-complains";
    LaunchFailure failure = catchThrowableOfType(LaunchFailure.class, () -> bench.launch(spec));
    assertThat(failure)
        .hasMessageContaining(Constraint.LSM_APPARMOR.label())
        .hasMessageContaining("stockade-test-complains (complain)");
  }

  /** A warden whose own label is not unconfined, as a node gives it that confines its daemons. */
  private Bench confinedWarden(String name) throws Exception {
    Labels.load(bench.launcher, Labels.DAEMON_PROFILE);
    Path script = directory.resolve(name + ".sh");
    String program = " -- " + Bench.warden("warden") + " \"$@\"\n";
    Files.writeString(script, "#!/bin/sh\nexec /usr/bin/aa-exec -p " + Labels.DAEMON + program);
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
    return Bench.open(directory.resolve(name), bench.layer, script);
  }

  @Test
  void aWardenWithALabelOfItsOwnVerifiesAfterTheExec() throws Exception {
    try (Bench labelled = confinedWarden("labelled")) {
      String obstacle = labelled.launcher.facts().tracing().obstacle();
      assertThat(obstacle).contains(Labels.DAEMON + " (enforce)");
      ContainerSpec spec = confined(labelled.container("sleep", "60"));
      spec.noNewPrivileges = false;
      spec.seccomp = null;
      try (RunningProcess process = labelled.launch(spec)) {
        requireConfined(process, Verification.AFTER_EXEC);
        process.signal(15);
        process.kill();
        Bench.exit(process);
      }
      // Under no_new_privs nobody goes from one profile to another that is no part of it.
      ContainerSpec fixed = confined(labelled.container("sleep", "60"));
      LaunchFailure failure =
          catchThrowableOfType(LaunchFailure.class, () -> labelled.launch(fixed));
      assertThat(failure.errno()).as(failure.getMessage()).isEqualTo(Errno.EPERM);
      assertThat(labelled.leftCgroups()).isEmpty();
      labelled.awaitNoMonitors();
    }
  }

  @Test
  void aWardenWithALabelOfItsOwnRefusesWhereItMustVerifyBeforeTheExec() throws Exception {
    try (Bench labelled = confinedWarden("demanding")) {
      labelled.demandBeforeExec();
      ContainerSpec spec = confined(labelled.container("sleep", "60"));
      LaunchFailure failure =
          catchThrowableOfType(LaunchFailure.class, () -> labelled.launch(spec));
      assertThat(failure)
          .hasMessageContaining("verify.require = \"before-exec\"")
          .hasMessageContaining(Labels.DAEMON);
      assertThat(labelled.leftCgroups()).isEmpty();
    }
  }
}
