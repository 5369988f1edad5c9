package dev.stockade.vm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.shim.daemon.Machine;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Only type and categories close them; as {@code spc_t}, which a privileged pod may ask for, each
 * is open.
 */
@Order(ConfinedService.LATE)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(600)
final class SeLinuxDenialTest implements WaysOut {
  private static final String PROCESS = "system_u:system_r:container_t:s0:";

  private ConfinedService service;
  private LabelledDirectory tools;
  private String pod;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    service = ConfinedService.start(directory);
    tools = LabelledDirectory.with(Machine.attacker());
    var asked = service.client().pod("denials", HOST.toBuilder());
    asked.getLinuxBuilder().getSecurityContextBuilder().setPrivileged(true);
    pod = service.client().run(asked);
  }

  @AfterAll
  void end() throws Exception {
    if (service != null) {
      service.end();
      tools.remove();
    }
  }

  /** Whatever its type, it has the same capabilities and no filter. */
  private ContainerConfig.Builder capable(String type, String text) {
    ContainerConfig.Builder container = service.shell(text);
    WaysOut.capable(container, tools.path()).getSelinuxOptionsBuilder().setType(type);
    return container;
  }

  @Override
  public String confined(String text, String operation) throws Exception {
    AuditLog audit = AuditLog.fromNow();
    String output = service.run(pod, capable("container_t", text));
    audit.await("avc:  denied", "{ " + operation, "scontext=" + PROCESS);
    return output;
  }

  @Override
  public String free(String text) throws Exception {
    return service.run(pod, capable("spc_t", text));
  }

  /** Of another pod, so that its categories are others. */
  @Override
  public int neighbour() throws Exception {
    String other = service.client().run(service.client().pod("neighbour"));
    return service.client().pid(service.start(other, service.shell("exec sleep 6004")));
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
