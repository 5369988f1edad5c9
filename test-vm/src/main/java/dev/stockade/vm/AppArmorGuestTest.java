package dev.stockade.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.ExecSyncResponse;
import dev.stockade.cri.v1.SecurityProfile;
import dev.stockade.cri.v1.SecurityProfile.ProfileType;
import dev.stockade.shim.cli.CommandLineRun;
import dev.stockade.vm.GuestDaemon.Outcome;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What AppArmor of this guest denies to containers, and says of it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
final class AppArmorGuestTest {
  private static final String LABEL = "lsm.apparmor";
  private static final String CURRENT = "cat /proc/self/attr/apparmor/current; ";

  /** Writes a kernel parameter as it is: root may, where nothing is mounted over it. */
  private static final String PARAMETER = "/proc/sys/vm/swappiness";

  private static final String WRITE =
      "was=$(cat " + PARAMETER + "); echo $was >" + PARAMETER + " && echo written";

  private static final String DENIES =
      """
      profile %s flags=(attach_disconnected, mediate_deleted%s) {
        file,
        network,
        capability,
        signal,
        audit deny /tmp/denied w,
      }
      """;

  private GuestDaemon daemon;
  private String pod;
  private String ours;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    Policy.require();
    daemon = GuestDaemon.start(directory);
    pod = daemon.client.run(daemon.client.pod("apparmor"));
    ours = daemon.facts().path("appArmorDefaultProfile").asText();
  }

  @AfterAll
  void end() throws Exception {
    if (daemon != null) {
      daemon.close();
    }
  }

  private ContainerConfig.Builder shell(ProfileType type, String text) {
    ContainerConfig.Builder container = daemon.shell(text);
    GuestDaemon.security(container).setApparmor(SecurityProfile.newBuilder().setProfileType(type));
    return container;
  }

  private ContainerConfig.Builder localhost(String profile, String text) {
    ContainerConfig.Builder container = daemon.shell(text);
    GuestDaemon.security(container)
        .getApparmorBuilder()
        .setProfileType(ProfileType.Localhost)
        .setLocalhostRef(profile);
    return container;
  }

  private String refusal(ContainerConfig.Builder container) {
    return refusal(() -> daemon.client.create(pod, container));
  }

  private static String refusal(Runnable call) {
    StatusRuntimeException refused = catchThrowableOfType(StatusRuntimeException.class, call::run);
    assertThat(refused).isNotNull();
    assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
    return String.valueOf(refused.getMessage());
  }

  @Test
  void theDefaultProfileIsLoadedAtTheStart() throws Exception {
    assertThat(ours).startsWith("stockade-default-");
    assertThat(Policy.loaded()).contains(ours + " (enforce)\n");
    assertThat(daemon.facts().path("appArmor").asBoolean()).isTrue();
  }

  @Test
  void aWriteThatTheDefaultProfileDeniesFailsAndIsAudited() throws Exception {
    AuditLog audit = AuditLog.fromNow();
    ContainerConfig.Builder asked = shell(ProfileType.RuntimeDefault, WRITE + "; exec sleep 600");
    String confined = daemon.start(pod, asked);
    audit.await(
        "apparmor=\"DENIED\"",
        "operation=\"open\"",
        "profile=\"" + ours + "\"",
        "name=\"" + PARAMETER + "\"",
        "denied_mask=\"w");
    assertThat(daemon.shown(confined, LABEL)).isEqualTo(ours + " (enforce)");
    assertThat(daemon.output(confined)).contains("Permission denied").doesNotContain("written");
    daemon.client.stop(confined, 0);
    Outcome unset = daemon.run(pod, daemon.shell(CURRENT + WRITE));
    assertThat(unset.output()).contains(ours + " (enforce)", "Permission denied");
    assertThat(unset.status().getExitCode()).isNotZero();
  }

  @Test
  void theSameWriteSucceedsWithoutTheLabel() throws Exception {
    ContainerConfig.Builder free = shell(ProfileType.Unconfined, CURRENT + WRITE);
    assertThat(daemon.run(pod, free).output()).isEqualTo("unconfined\nwritten");
    ContainerConfig.Builder sleeper = shell(ProfileType.Unconfined, "sleep 600");
    assertThat(daemon.shown(daemon.start(pod, sleeper), LABEL)).isEqualTo("unconfined");
  }

  /** Whichever it names, even one that nobody has loaded. */
  @Test
  void aPrivilegedContainerIgnoresItsProfile() throws Exception {
    String loaded = "stockade-test-ignored";
    Policy.load(DENIES.formatted(loaded, ""));
    var all = daemon.client.pod("all");
    all.getLinuxBuilder().getSecurityContextBuilder().setPrivileged(true);
    String privileged = daemon.client.run(all);
    String sleep = "exec sleep 600";
    for (ContainerConfig.Builder asked :
        List.of(
            shell(ProfileType.RuntimeDefault, sleep),
            localhost(loaded, sleep),
            localhost("stockade-test-of-nobody", sleep))) {
      GuestDaemon.security(asked).setPrivileged(true);
      String id = daemon.start(privileged, asked);
      assertThat(daemon.shown(id, LABEL)).isEqualTo("unconfined");
      ExecSyncResponse said =
          daemon.client.exec(id, 60, "sh", "-c", CURRENT + ": >/tmp/denied && echo written");
      assertThat(said.getStdout().toStringUtf8()).isEqualTo("unconfined\nwritten\n");
    }
  }

  @Test
  void aProfileOfTheNodeConfinesUnderNoNewPrivilegesAndCommandsToo() throws Exception {
    String profile = "stockade-test-node";
    Policy.load(DENIES.formatted(profile, ""));
    AuditLog audit = AuditLog.fromNow();
    ContainerConfig.Builder asked = localhost(profile, "sleep 600");
    GuestDaemon.security(asked).setNoNewPrivs(true);
    String id = daemon.start(pod, asked);
    assertThat(daemon.shown(id, LABEL)).isEqualTo(profile + " (enforce)");
    assertThat(daemon.shown(id, "no-new-privs")).isEqualTo("1");
    ExecSyncResponse said =
        daemon.client.exec(id, 60, "sh", "-c", CURRENT + ": >/tmp/allowed; : >/tmp/denied");
    assertThat(said.getStdout().toStringUtf8()).isEqualTo(profile + " (enforce)\n");
    assertThat(said.getStderr().toStringUtf8()).contains("/tmp/denied: Permission denied");
    assertThat(said.getExitCode()).isNotZero();
    audit.await("apparmor=\"DENIED\"", "profile=\"" + profile + "\"", "name=\"/tmp/denied\"");
  }

  @Test
  void aProfileThatOnlyComplainsIsRefused() throws Exception {
    Policy.load(DENIES.formatted("stockade-test-complains", ", complain"));
    assertThat(refusal(localhost("stockade-test-complains", "true")))
        .contains(
            "linux.security_context.apparmor: asks for the AppArmor profile"
                + " stockade-test-complains, which is loaded in complain mode",
            "; load it in enforce mode");
  }

  @Test
  void aProfileThatIsNotLoadedIsRefused() throws Exception {
    assertThat(refusal(localhost("stockade-test-of-nobody", "true")))
        .contains(
            "linux.security_context.apparmor: asks for the AppArmor profile"
                + " stockade-test-of-nobody, which is not loaded; load it with apparmor_parser");
  }

  @Test
  void aProfileThatWasUnloadedSinceFailsTheStart() throws Exception {
    Policy.load(DENIES.formatted("stockade-test-goes", ""));
    String id = daemon.client.create(pod, localhost("stockade-test-goes", "true"));
    Policy.unload("stockade-test-goes");
    assertThat(refusal(() -> daemon.client.start(id)))
        .contains("linux.security_context.apparmor", "stockade-test-goes", "is not loaded; load");
    Policy.load(DENIES.formatted("stockade-test-goes", ""));
    daemon.client.start(id);
  }

  @Test
  void theDefaultProfileIsLoadedAgainWhenSomebodyHasUnloadedIt() throws Exception {
    Policy.unload(ours);
    String id = daemon.start(pod, daemon.shell("sleep 600"));
    assertThat(daemon.shown(id, LABEL)).isEqualTo(ours + " (enforce)");
    String made = daemon.client.create(pod, daemon.shell("sleep 600"));
    Policy.load("profile " + ours + " flags=(complain) { file, }");
    daemon.client.start(made);
    assertThat(daemon.shown(made, LABEL)).isEqualTo(ours + " (enforce)");
    Policy.unload(ours);
    ExecSyncResponse said = daemon.client.exec(id, 60, "sh", "-c", CURRENT);
    assertThat(said.getStdout().toStringUtf8()).isEqualTo(ours + " (enforce)\n");
  }

  @Test
  void whereSecurityfsIsNotMountedItIsSaid() throws Exception {
    mount("umount", "/sys/kernel/security");
    try {
      assertThat(refusal(daemon.shell("true")))
          .contains(
              "linux.security_context.apparmor: is unset, which asks for the AppArmor profile",
              "securityfs is not mounted",
              "apparmor.unset_profile = \"unconfined\"");
      assertThat(daemon.status().getStatus().getConditionsList().toString())
          .contains("no container gets the default AppArmor profile");
      assertThat(CommandLineRun.of(Map.of(), "doctor").out())
          .containsPattern("AppArmor +limited .*securityfs is not mounted.*mount -t securityfs");
    } finally {
      mount("mount", "-t", "securityfs", "securityfs", "/sys/kernel/security");
    }
    assertThat(daemon.run(pod, daemon.shell("true")).status().getExitCode()).isZero();
    assertThat(daemon.status().getStatus().getConditionsList().toString())
        .doesNotContain("AppArmor");
    assertThat(CommandLineRun.of(Map.of(), "doctor").out()).containsPattern("AppArmor +yes ");
  }

  @Test
  void whereNothingCompilesProfilesItIsSaid() throws Exception {
    Path parser = Path.of("/usr/sbin/apparmor_parser");
    Path away = Files.move(parser, parser.resolveSibling("apparmor_parser.away"));
    try {
      Policy.unload(ours);
      assertThat(refusal(daemon.shell("true"))).contains("there is no " + parser);
      assertThat(CommandLineRun.of(Map.of(), "doctor").out())
          .containsPattern("AppArmor +limited .*there is no " + parser + " +install the package");
    } finally {
      Files.move(away, parser);
    }
    assertThat(daemon.run(pod, daemon.shell("true")).status().getExitCode()).isZero();
  }

  private static void mount(String... command) throws Exception {
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
  }
}
