package dev.stockade.launcher.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.launcher.plan.Constraint;
import java.nio.charset.StandardCharsets;
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

  private Labels() {}

  static Stream<Fault> faults() {
    return Stream.of(
        Fault.of(Constraint.LSM_APPARMOR, Labels::confined, "skip:LSM_ATTRIBUTE"),
        Fault.of(Constraint.LSM_APPARMOR, Labels::confined, "text:LSM_ATTRIBUTE:2:exec " + OTHER),
        Fault.of(
            Constraint.LSM_APPARMOR, Labels::confined, "text:LSM_ATTRIBUTE:2:exec unconfined"));
  }

  static void confined(ContainerSpec spec) {
    spec.appArmorProfile = CONFINED;
  }

  /** Ends the test where the kernel has not the module that a constraint is about. */
  static void require(Constraint constraint, Launcher launcher) throws Exception {
    if (constraint == Constraint.LSM_APPARMOR) {
      requireAppArmor(launcher);
    }
  }

  /** As {@link #require}; the profiles are loaded then. */
  static void requireAppArmor(Launcher launcher) throws Exception {
    Assumptions.assumeTrue(
        launcher.facts().appArmor(),
        "needs AppArmor in the kernel, with security=apparmor apparmor=1 on its command line");
    load(launcher, PROFILE.formatted(CONFINED) + PROFILE.formatted(OTHER));
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
