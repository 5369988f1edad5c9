package dev.stockade.vm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.Mount;
import dev.stockade.cri.v1.NamespaceMode;
import dev.stockade.cri.v1.NamespaceOption;
import dev.stockade.cri.v1.SecurityProfile.ProfileType;
import dev.stockade.shim.daemon.Machine;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Ways out of a container that sees the host's processes and may mount: only the default profile
 * closes them, and the audit log says so; without a profile each is open.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
final class AppArmorDenialTest {
  private static final NamespaceOption HOST =
      NamespaceOption.newBuilder()
          .setNetwork(NamespaceMode.NODE)
          .setPid(NamespaceMode.NODE)
          .build();

  private GuestDaemon daemon;
  private String pod;
  private String ours;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    Policy.require();
    daemon = GuestDaemon.start(directory);
    pod = daemon.client.run(daemon.client.pod("denials", HOST.toBuilder()));
    ours = daemon.facts().path("appArmorDefaultProfile").asText();
  }

  @AfterAll
  void end() throws Exception {
    if (daemon != null) {
      daemon.close();
    }
  }

  private ContainerConfig.Builder capable(ProfileType type, String text) {
    ContainerConfig.Builder container =
        daemon
            .shell(text)
            .addMounts(
                Mount.newBuilder()
                    .setContainerPath("/attacker")
                    .setHostPath(Machine.attacker().toString())
                    .setReadonly(true));
    var security = GuestDaemon.security(container).setNamespaceOptions(HOST);
    security.getApparmorBuilder().setProfileType(type);
    security.getCapabilitiesBuilder().addAddCapabilities("SYS_ADMIN");
    return container;
  }

  private String confined(String text, String operation) throws Exception {
    AuditLog audit = AuditLog.fromNow();
    String output = daemon.run(pod, capable(ProfileType.RuntimeDefault, text)).output();
    audit.await(
        "apparmor=\"DENIED\"", "operation=\"" + operation + "\"", "profile=\"" + ours + "\"");
    return output;
  }

  private String free(String text) throws Exception {
    return daemon.run(pod, capable(ProfileType.Unconfined, text)).output();
  }

  @Test
  void itCannotMount() throws Exception {
    String mount = "mount -t tmpfs none /tmp && echo mounted; true";
    assertThat(confined(mount, "mount")).contains("Permission denied").doesNotContain("mounted");
    assertThat(free(mount)).isEqualTo("mounted");
  }

  @Test
  void itCannotSignalAProcessOfTheHost() throws Exception {
    Process process = new ProcessBuilder("sleep", "6003").start();
    try {
      String kill = "kill " + process.pid() + " && echo sent; true";
      assertThat(confined(kill, "signal")).doesNotContain("sent");
      assertThat(process.isAlive()).isTrue();
      assertThat(free(kill)).isEqualTo("sent");
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("it was ended").isTrue();
    } finally {
      process.destroyForcibly();
    }
  }

  /** One under the same profile it may trace: {@link AppArmorWorkloadTest}. */
  @Test
  void itCannotTraceANeighbour() throws Exception {
    String neighbour = daemon.start(pod, capable(ProfileType.Unconfined, "exec sleep 6004"));
    String trace = "/attacker trace " + daemon.client.pid(neighbour) + "; true";
    assertThat(confined(trace, "ptrace").lines()).contains("PTRACE_SEIZE EACCES", "mem EACCES");
    assertThat(free(trace).lines()).contains("PTRACE_SEIZE done", "mem done");
  }
}
