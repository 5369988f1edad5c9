package dev.stockade.vm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.Mount;
import dev.stockade.cri.v1.NamespaceMode;
import dev.stockade.cri.v1.NamespaceOption;
import dev.stockade.shim.daemon.Machine;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Ways out of a container that sees the host's processes and may mount: only its SELinux type and
 * categories close them, and the audit log says so; as {@code spc_t}, which a privileged pod may
 * ask for, each is open.
 */
@Order(ConfinedService.LATE)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(600)
final class SeLinuxDenialTest {
  private static final String PROCESS = "system_u:system_r:container_t:s0:";
  private static final NamespaceOption HOST =
      NamespaceOption.newBuilder()
          .setNetwork(NamespaceMode.NODE)
          .setPid(NamespaceMode.NODE)
          .build();

  private ConfinedService service;
  private Path tools;
  private String pod;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    service = ConfinedService.start(directory);
    tools = Files.createTempDirectory(Path.of("/var/lib"), "selinux-test");
    Files.setPosixFilePermissions(tools, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.copy(Machine.attacker(), tools.resolve("attacker"));
    HostCommand.output("chcon", "-R", "system_u:object_r:container_file_t:s0", tools.toString());
    var asked = service.client().pod("denials", HOST.toBuilder());
    asked.getLinuxBuilder().getSecurityContextBuilder().setPrivileged(true);
    pod = service.client().run(asked);
  }

  @AfterAll
  void end() throws Exception {
    if (service != null) {
      service.end();
      HostCommand.output("rm", "-r", tools.toString());
    }
  }

  /** Whatever its type, it has the same capabilities and no filter. */
  private ContainerConfig.Builder capable(String type, String text) {
    ContainerConfig.Builder container =
        service
            .shell(text)
            .addMounts(Mount.newBuilder().setContainerPath("/tools").setHostPath(tools.toString()));
    GuestDaemon.security(container)
        .setNamespaceOptions(HOST)
        .getCapabilitiesBuilder()
        .addAddCapabilities("SYS_ADMIN");
    ConfinedService.options(container).setType(type);
    return container;
  }

  private String confined(String text, String permission) throws Exception {
    AuditLog audit = AuditLog.fromNow();
    String output = service.run(pod, capable("container_t", text));
    audit.await("avc:  denied", "{ " + permission + " }", "scontext=" + PROCESS);
    return output;
  }

  private String free(String text) throws Exception {
    return service.run(pod, capable("spc_t", text));
  }

  @Test
  void itCannotMount() throws Exception {
    String mount = "mount -t tmpfs none /tmp && echo mounted; true";
    assertThat(confined(mount, "mounton")).contains("Permission denied").doesNotContain("mounted");
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

  /** Of another pod, so that its categories are others. */
  @Test
  void itCannotTraceANeighbour() throws Exception {
    String other = service.client().run(service.client().pod("neighbour"));
    String neighbour = service.start(other, service.shell("exec sleep 6004"));
    String trace = "/tools/attacker trace " + service.client().pid(neighbour) + "; true";
    assertThat(confined(trace, "ptrace")).doesNotContain("PTRACE_SEIZE done", "mem done");
    assertThat(free(trace).lines()).contains("PTRACE_SEIZE done", "mem done");
  }

  /** Which would forbid the transition into the container's context but for the policy. */
  @Test
  void noNewPrivilegesAndItsContextGoTogetherAlsoForCommands() throws Exception {
    ContainerConfig.Builder asked = capable("container_t", "exec sleep 3600");
    GuestDaemon.security(asked).setNoNewPrivs(true);
    String id = service.start(pod, asked);
    String own = service.shown(id, "lsm.selinux", "");
    assertThat(own).startsWith(PROCESS);
    assertThat(service.shown(id, "no-new-privs", "")).isEqualTo("1");
    String show = "cat /proc/self/attr/current; grep NoNewPrivs /proc/self/status";
    assertThat(service.client().exec(id, 60, "sh", "-c", show).getStdout().toStringUtf8())
        .startsWith(own)
        .contains("NoNewPrivs:\t1");
  }
}
