package dev.stockade.launcher.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.launcher.linux.SeLinuxPolicy;
import dev.stockade.launcher.plan.Constraint;
import dev.stockade.launcher.plan.LaunchPlan;
import dev.stockade.launcher.plan.StepCode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * Launches under the label of a security module: what they need of the kernel, which has one module
 * or none, and how they go wrong.
 */
final class Labels {
  /** Two AppArmor profiles of the tests' own. */
  static final String CONFINED = "stockade-test-confined";

  static final String OTHER = "stockade-test-other";

  private static final String PROFILE =
      """
      profile %s flags=(attach_disconnected, mediate_deleted) {
        file,
        network,
        capability,
        signal,
        ptrace,
        audit deny /tmp/denied w,
      }
      """;

  /** That of a daemon which a node confines, though it lets it do its work. */
  static final String DAEMON = "stockade-test-daemon";

  static final String DAEMON_PROFILE =
      """
      profile stockade-test-daemon flags=(attach_disconnected, mediate_deleted) {
        file,
        network,
        capability,
        signal,
        ptrace,
        mount,
        remount,
        umount,
        pivot_root,
        change_profile,
      }
      """;

  /** SELinux contexts of a pod, and of one that could use its files: a fault may not be longer. */
  static final String CONTAINER = "system_u:system_r:container_t:s0:c1,c2";

  static final String FILE = "system_u:object_r:container_file_t:s0:c1";
  static final String OTHER_POD = "system_u:system_r:container_t:s0:c1,c3";

  private Labels() {}

  /** That of the tests, for programs that ask for none: where there is SELinux they need one. */
  static String own() {
    try {
      return Files.exists(Path.of("/sys/fs/selinux/enforce"))
          ? Files.readString(Path.of("/proc/self/attr/current")).replace("\0", "").strip()
          : "";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Stream<Fault> faults() {
    return Stream.of(
        Fault.of(Constraint.LSM_APPARMOR, Labels::confined, "skip:LSM_ATTRIBUTE"),
        Fault.of(Constraint.LSM_APPARMOR, Labels::confined, "text:LSM_ATTRIBUTE:2:exec " + OTHER),
        Fault.of(Constraint.LSM_APPARMOR, Labels::confined, "text:LSM_ATTRIBUTE:2:exec unconfined"),
        new Fault(Constraint.LSM_SELINUX, Labels::labelled, plan -> Labels.exec(plan, "skip", "")),
        new Fault(
            Constraint.LSM_SELINUX, Labels::labelled, plan -> Labels.exec(plan, "text", OTHER_POD)),
        Fault.of(Constraint.LSM_SELINUX_FILES, Labels::labelled, "mount:PIVOT_ROOT:0:dev/pts"));
  }

  /** The step that writes the label of the program, behind those of the keyring. */
  private static String exec(LaunchPlan plan, String fault, String value) {
    String step =
        fault + ":LSM_ATTRIBUTE." + Fault.index(plan, StepCode.LSM_ATTRIBUTE, "name=exec");
    return value.isEmpty() ? step : step + ":2:" + value;
  }

  static void labelled(ContainerSpec spec) {
    spec.seLinuxLabel = CONTAINER;
    spec.mountLabel = FILE;
  }

  static void confined(ContainerSpec spec) {
    spec.appArmorProfile = CONFINED;
  }

  /** Ends the test where the kernel has not the module that a constraint is about. */
  static void require(Constraint constraint, Launcher launcher) throws Exception {
    if (constraint == Constraint.LSM_APPARMOR) {
      requireAppArmor(launcher);
    } else if (constraint == Constraint.LSM_SELINUX || constraint == Constraint.LSM_SELINUX_FILES) {
      requireSeLinux(launcher);
    }
  }

  /** As {@link #require}; the profiles are loaded then. */
  static void requireAppArmor(Launcher launcher) throws Exception {
    Assumptions.assumeTrue(
        launcher.facts().appArmor(),
        "needs AppArmor in the kernel, with security=apparmor apparmor=1 on its command line");
    load(launcher, PROFILE.formatted(CONFINED) + PROFILE.formatted(OTHER));
  }

  /** As {@link #require}. */
  static void requireSeLinux(Launcher launcher) throws Exception {
    Assumptions.assumeTrue(
        launcher.facts().seLinux() && SeLinuxPolicy.enforcing(),
        "needs SELinux enforcing in the kernel, with security=selinux selinux=1 enforcing=1 on its"
            + " command line");
  }

  static void load(Launcher launcher, String policy) throws Exception {
    Output output =
        launcher
            .helpers()
            .run(
                List.of("/usr/sbin/apparmor_parser", "--replace"),
                List.of(),
                policy.getBytes(StandardCharsets.UTF_8),
                Duration.ofSeconds(30),
                4096);
    assertThat(output.status().code())
        .as(new String(output.error(), StandardCharsets.UTF_8))
        .isZero();
  }
}
