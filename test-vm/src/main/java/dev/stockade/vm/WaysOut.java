package dev.stockade.vm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.LinuxContainerSecurityContext;
import dev.stockade.cri.v1.Mount;
import dev.stockade.cri.v1.NamespaceMode;
import dev.stockade.cri.v1.NamespaceOption;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * Ways out of a container that sees the host's processes and may mount, so that only its label
 * closes them: each is tried under the label, which the audit log must give as the reason, and
 * without.
 */
interface WaysOut {
  NamespaceOption HOST =
      NamespaceOption.newBuilder()
          .setNetwork(NamespaceMode.NODE)
          .setPid(NamespaceMode.NODE)
          .build();

  /**
   * What a shell's text writes in a container that has the label.
   *
   * @param operation that the audit log must have as denied to it
   */
  String confined(String text, String operation) throws Exception;

  /** The same in one that has none, and the same capabilities. */
  String free(String text) throws Exception;

  /** The process of another container, which the label may not trace. */
  int neighbour() throws Exception;

  /**
   * A container with what each way needs, but for the label.
   *
   * @param tools the directory that the attacker is in
   */
  static LinuxContainerSecurityContext.Builder capable(
      ContainerConfig.Builder container, Path tools) {
    container.addMounts(
        Mount.newBuilder().setContainerPath("/tools").setHostPath(tools.toString()));
    LinuxContainerSecurityContext.Builder security =
        GuestDaemon.security(container).setNamespaceOptions(HOST);
    security.getCapabilitiesBuilder().addAddCapabilities("SYS_ADMIN");
    return security;
  }

  @Test
  default void itCannotMount() throws Exception {
    String mount = "mount -t tmpfs none /tmp && echo mounted; true";
    assertThat(confined(mount, "mount")).contains("Permission denied").doesNotContain("mounted");
    assertThat(free(mount)).isEqualTo("mounted");
  }

  @Test
  default void itCannotSignalAProcessOfTheHost() throws Exception {
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

  /** Neither by ptrace(2) nor by reading its memory. */
  @Test
  default void itCannotTraceANeighbour() throws Exception {
    String[] opened = {"PTRACE_SEIZE done", "PTRACE_ATTACH done", "mem done"};
    String trace = "/tools/attacker trace " + neighbour() + "; true";
    assertThat(confined(trace, "ptrace").lines())
        .contains("PTRACE_SEIZE EACCES", "PTRACE_ATTACH EACCES")
        .doesNotContain(opened);
    assertThat(free(trace).lines()).contains(opened);
  }
}
