package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.ContainerState;
import dev.stockade.cri.v1.NamespaceMode;
import dev.stockade.cri.v1.NamespaceOption;
import dev.stockade.launcher.linux.Pidfd;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Where the end of a container's program does not end what it started, because it was not the first
 * process of its PID namespace, the container has not ended before that is killed.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
final class LeftoverKernelTest {
  /** In a session of its own, deaf to what a terminal would say, and with the container's pipes. */
  private static final String LEAVES =
      "trap '' HUP TERM INT; setsid sleep 7654 & echo left; read -r word";

  private HostileNode node;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    node = HostileNode.start(directory, new HostileImage());
  }

  @AfterAll
  void end() throws Exception {
    if (node != null) {
      node.end();
    }
  }

  @ParameterizedTest
  @EnumSource(names = "UNRECOGNIZED", mode = EnumSource.Mode.EXCLUDE)
  void whatAProgramLeavesIsDeadWhenItsContainerHasEnded(NamespaceMode mode) throws Exception {
    boolean target = mode == NamespaceMode.TARGET;
    NamespaceMode ofPod = target ? NamespaceMode.CONTAINER : mode;
    String pod = node.client.run(node.client.pod("leaves", HostileNode.host(ofPod)));
    NamespaceOption.Builder options = HostileNode.host(mode);
    if (target) {
      options.setTargetId(start(pod, HostileNode.host(ofPod), "exec sleep 600"));
    }
    String id = start(pod, options, LEAVES);
    Wait.until("what it leaves", () -> node.output(id).equals("left\n"));
    Path cgroup = Machine.cgroup(node.config).resolve(pod).resolve(id);
    Wait.until("its sleep", () -> leftover(cgroup) != 0);
    try (Pidfd left = Pidfd.open(leftover(cgroup));
        Pidfd main = Pidfd.open(node.client.pid(id))) {
      assertThat(left.alive()).isTrue();
      assertThat(main.signal(9)).isTrue();
      while (node.client.status(id).getState() != ContainerState.CONTAINER_EXITED) {
        Thread.onSpinWait();
      }
      assertThat(left.alive()).as("what it left").isFalse();
      assertThat(cgroup).doesNotExist();
    }
    assertThat(node.client.status(id).getExitCode()).isEqualTo(137);
    assertThat(node.output(id)).isEqualTo("left\n");
    node.client.removePod(pod);
  }

  private String start(String pod, NamespaceOption.Builder options, String script) {
    ContainerConfig.Builder container = node.container("sh", "-c", script).setStdin(true);
    ProbeNode.security(container).setNamespaceOptions(options);
    return node.start(pod, container);
  }

  /** The host's pid of the sleep in a container's cgroup; 0 while there is none. */
  private static int leftover(Path cgroup) throws Exception {
    for (String pid : Files.readAllLines(cgroup.resolve("cgroup.procs"))) {
      String command = Files.readString(Path.of("/proc/" + pid + "/cmdline"));
      if (command.startsWith("sleep\0007654")) {
        return Integer.parseInt(pid);
      }
    }
    return 0;
  }
}
