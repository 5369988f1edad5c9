package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.ContainerState;
import dev.stockade.cri.v1.ContainerStatus;
import dev.stockade.cri.v1.NamespaceMode;
import dev.stockade.cri.v1.PodSandboxStatusRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A root container in the host's PID namespace, with the default capabilities and without a filter,
 * turns against what is of the runtime's own.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
class HostPidKernelTest {
  private static final String TICKS = "i=0; while :; do echo tick $i; i=$((i+1)); sleep 0.1; done";

  private HostileNode node;
  private String victims;
  private String spies;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    node = HostileNode.start(directory, new HostileImage());
    victims = node.client.run(node.client.pod("victims", HostileNode.host(NamespaceMode.POD)));
    spies = node.client.run(node.client.pod("spies", HostileNode.host(NamespaceMode.NODE)));
  }

  @AfterAll
  void end() throws Exception {
    if (node != null) {
      node.end();
    }
  }

  private String victim() {
    return start(victims, NamespaceMode.POD, node.container("sh", "-c", TICKS));
  }

  private String start(String pod, NamespaceMode pid, ContainerConfig.Builder container) {
    container
        .getLinuxBuilder()
        .getSecurityContextBuilder()
        .setNamespaceOptions(HostileNode.host(pid));
    String id = node.client.createAsIs(pod, container);
    node.client.start(id);
    return id;
  }

  /** What the attacker said, by what it tried. */
  private Map<String, String> attack(NamespaceMode pid, String pod, String... arguments)
      throws Exception {
    String id = start(pod, pid, node.container(arguments));
    node.client.awaitEnd(id);
    Map<String, String> said = new TreeMap<>();
    for (String line : node.output(id).split("\n", -1)) {
      String[] words = line.split(" ", 2);
      if (words.length == 2) {
        said.put(words[0], words[1]);
      }
    }
    node.client.remove(id);
    return said;
  }

  private int podInit() throws Exception {
    PodSandboxStatusRequest request =
        PodSandboxStatusRequest.newBuilder().setPodSandboxId(victims).setVerbose(true).build();
    return CriClient.info(node.client.runtime().podSandboxStatus(request).getInfoMap())
        .path("pid")
        .asInt();
  }

  private void keepsLogging(String victim) throws Exception {
    int before = ticks(victim);
    Wait.until("more output", () -> ticks(victim) > before + 3);
  }

  private int ticks(String victim) {
    try {
      return node.output(victim).split("\n", -1).length;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void launches() throws Exception {
    assertThat(attack(NamespaceMode.NODE, spies, "echo", "still launches"))
        .containsEntry("still", "launches");
  }

  private void endsWell(String victim) {
    node.client.stop(victim, 0);
    assertThat(node.client.status(victim).getExitCode()).isEqualTo(137);
    node.client.remove(victim);
  }

  @Test
  void nothingOfTheRuntimeCanBeTraced() throws Exception {
    String victim = victim();
    Map<String, Integer> targets =
        Map.of(
            "serve", node.serve(),
            "monitor", HostileNode.parent(node.client.pid(victim)),
            "pod init", podInit(),
            "monitor of pod init", HostileNode.parent(podInit()),
            "daemon", (int) ProcessHandle.current().pid());
    for (Map.Entry<String, Integer> target : targets.entrySet()) {
      String pid = String.valueOf(target.getValue());
      for (String user : List.of("0", "65535")) {
        assertThat(attack(NamespaceMode.NODE, spies, "/attacker", "as", user, "trace", pid))
            .as("%s by uid %s", target.getKey(), user)
            .containsKeys("PTRACE_SEIZE", "mem", "root", "fd/", "environ", "maps", "exe")
            .containsKeys("process_vm_readv", "pidfd_getfd")
            .allSatisfy(
                (way, result) -> {
                  boolean isNumber = way.equals("fd/0"); // pod init has none at all
                  assertThat(result)
                      .as(way)
                      .isIn(isNumber ? List.of("EACCES", "ENOENT") : List.of("EPERM", "EACCES"));
                });
      }
    }
    endsWell(victim);
  }

  /** The attack itself works where the kernel allows it: on a process like the attacker. */
  @Test
  void theAttackerCanTraceItsLikes() throws Exception {
    String sleeper = start(spies, NamespaceMode.NODE, node.container("sleep", "600"));
    String pid = String.valueOf(node.client.pid(sleeper));
    assertThat(attack(NamespaceMode.NODE, spies, "/attacker", "trace", pid))
        .containsEntry("mem", "done")
        .containsEntry("root", "done")
        .containsEntry("fd/", "done")
        .containsEntry("maps", "done")
        .containsEntry("PTRACE_SEIZE", "done")
        .containsEntry("pidfd_getfd", "done");
    node.client.stop(sleeper, 0);
    node.client.remove(sleeper);
  }

  @Test
  void noSignalButKillAndStopHasAnEffect() throws Exception {
    String victim = victim();
    int serve = node.serve();
    for (int pid : List.of(HostileNode.parent(node.client.pid(victim)), serve)) {
      assertThat(attack(NamespaceMode.NODE, spies, "/attacker", "signal", String.valueOf(pid)))
          .containsEntry("sent", "124");
    }
    keepsLogging(victim);
    assertThat(node.client.exec(victim, 10, "echo", "here").getStdout().toStringUtf8())
        .isEqualTo("here\n");
    launches();
    assertThat(node.serve()).isEqualTo(serve);
    endsWell(victim);
  }

  @Test
  void whatIsStoppedGoesOn() throws Exception {
    String victim = victim();
    String monitor = String.valueOf(HostileNode.parent(node.client.pid(victim)));
    attack(NamespaceMode.NODE, spies, "kill", "-STOP", monitor);
    keepsLogging(victim);
    attack(NamespaceMode.NODE, spies, "kill", "-STOP", String.valueOf(node.serve()));
    launches();
    keepsLogging(victim);
    endsWell(victim);
  }

  @Test
  void aKilledMonitorCostsItsContainerOnly() throws Exception {
    String victim = victim();
    String other = victim();
    String monitor = String.valueOf(HostileNode.parent(node.client.pid(victim)));
    attack(NamespaceMode.NODE, spies, "kill", "-KILL", monitor);
    ContainerStatus status = node.client.awaitEnd(victim);
    assertThat(status.getReason()).isEqualTo("MonitorLost");
    assertThat(status.getExitCode()).isEqualTo(255);
    assertThat(node.client.status(other).getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
    keepsLogging(other);
    launches();
    node.client.remove(victim);
    endsWell(other);
  }

  @Test
  void aKilledServeOnlyDelaysLaunches() throws Exception {
    String victim = victim();
    int serve = node.serve();
    attack(NamespaceMode.NODE, spies, "kill", "-KILL", String.valueOf(serve));
    launches();
    assertThat(node.serve()).isNotEqualTo(serve);
    keepsLogging(victim);
    endsWell(victim);
  }

  /** With CAP_SYS_PTRACE, in the PID namespace of its pod. */
  @Test
  void aSiblingFindsNothingInThePodsInit() throws Exception {
    ContainerConfig.Builder sibling =
        node.container(
            "sh",
            "-c",
            "ls -A /proc/1/root | wc -l; ls -A /proc/1/cwd | wc -l; ls /proc/1/fd | wc -l; touch"
                + " /proc/1/root/x 2>/dev/null || echo read-only; tr '\\0' . < /proc/1/environ;"
                + " grep -E '^(Uid|CapPrm|CapBnd|NoNewPrivs|Seccomp):' /proc/1/status");
    sibling
        .getLinuxBuilder()
        .getSecurityContextBuilder()
        .getCapabilitiesBuilder()
        .addAddCapabilities("SYS_PTRACE");
    String id = start(victims, NamespaceMode.POD, sibling);
    assertThat(node.client.awaitEnd(id).getExitCode()).isZero();
    assertThat(node.output(id))
        .isEqualTo(
            """
            0
            0
            0
            read-only
            Uid:	65535	65535	65535	65535
            CapPrm:	0000000000000000
            CapBnd:	0000000000000000
            NoNewPrivs:	1
            Seccomp:	2
            """);
    node.client.remove(id);
  }
}
