package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.ContainerState;
import dev.stockade.cri.v1.ListContainersRequest;
import dev.stockade.cri.v1.NamespaceMode;
import dev.stockade.cri.v1.NamespaceOption;
import dev.stockade.shim.config.Config;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Containers that live in the PID namespace of another one, as debug containers do. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
class PidTargetKernelTest {
  private static final Path LAST_PID = Path.of("/proc/sys/kernel/ns_last_pid");

  private Config config;
  private Daemon daemon;
  private CriClient client;
  private Path logs;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    config = Machine.config(directory);
    Machine.importBusybox(directory, config);
    logs = directory.resolve("logs");
    daemon = Daemon.start(config, Machine.warden(), "test");
    client = new CriClient(config.socket(), logs);
  }

  @AfterAll
  void end() throws Exception {
    if (client != null) {
      client.removeEverything();
      client.close();
      daemon.close();
      assertThat(Machine.leftovers(config)).isEmpty();
    }
  }

  private static ContainerConfig.Builder beside(ContainerConfig.Builder container, String target) {
    container
        .getLinuxBuilder()
        .getSecurityContextBuilder()
        .setNamespaceOptions(
            NamespaceOption.newBuilder().setPid(NamespaceMode.TARGET).setTargetId(target));
    return container;
  }

  @Test
  void itSeesTheTargetsProcessesAndNoOthers() throws Exception {
    String pod = client.run(client.pod("debug"));
    String target = client.create(pod, client.container("main", "sleep", "600"));
    client.start(target);
    String[] look = {"sh", "-c", "cat /proc/1/comm; ls -d /proc/[0-9]* | wc -l"};
    String debug = client.create(pod, beside(client.container("debug", look), target));
    client.start(debug);
    assertThat(client.awaitEnd(debug).getExitCode()).isZero();
    assertThat(Files.readString(logs.resolve("debug/debug.log")))
        .contains(" stdout F sleep\n")
        .containsPattern(" stdout F [2-5]\n");
    client.removePod(pod);
  }

  /** Whoever knows its id could else look into a neighbour. */
  @Test
  void aTargetOfAnotherPodIsRefused() throws Exception {
    String pod = client.run(client.pod("neighbour"));
    String other = client.run(client.pod("other"));
    String target = client.create(other, client.container("main", "sleep", "600"));
    client.start(target);
    assertThatThrownBy(
            () -> client.create(pod, beside(client.container("debug", "ls", "/proc"), target)))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND))
        .hasMessageContaining(
            "linux.security_context.namespace_options.target_id: "
                + target
                + " is not a running container of this pod");
    assertThat(
            client
                .runtime()
                .listContainers(ListContainersRequest.getDefaultInstance())
                .getContainersList())
        .noneMatch(container -> container.getPodSandboxId().equals(pod));
    client.removePod(pod);
    client.removePod(other);
  }

  /** One that was never started has no namespace to look into. */
  @Test
  void aTargetThatDoesNotRunIsRefused() throws Exception {
    String pod = client.run(client.pod("idle"));
    String target = client.create(pod, client.container("main", "sleep", "600"));
    assertThatThrownBy(() -> client.create(pod, beside(client.container("debug", "ls"), target)))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION))
        .hasMessageContaining("target_id")
        .hasMessageContaining("not a running container of this pod");
    client.removePod(pod);
  }

  @Test
  void itIsNotStartedBesideWhoeverHasThePidOfATargetThatEnded() throws Exception {
    String pod = client.run(client.pod("stale"));
    String target = client.create(pod, client.container("main", "sleep", "600"));
    client.start(target);
    int pid = client.pid(target);
    String debug = client.create(pod, beside(client.container("debug", "ls", "/proc"), target));
    client.stop(target, 0);
    Process stranger = withPid(pid);
    try {
      assertThatThrownBy(() -> client.start(debug))
          .isInstanceOfSatisfying(
              StatusRuntimeException.class,
              e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION))
          .hasMessageContaining("target_id")
          .hasMessageContaining("not a running container");
      assertThat(client.status(debug).getState()).isEqualTo(ContainerState.CONTAINER_CREATED);
      assertThat(Files.readString(logs.resolve("stale/debug.log"))).isEmpty();
    } finally {
      stranger.destroyForcibly().waitFor();
    }
    client.removePod(pod);
  }

  /** A process of the host with this pid, which is free; others fork too, so it is tried again. */
  private static Process withPid(int pid) throws Exception {
    Process[] owner = new Process[1];
    Wait.until(
        "pid " + pid,
        () -> {
          Files.writeString(LAST_PID, String.valueOf(pid - 1));
          owner[0] = new ProcessBuilder("sleep", "600").start();
          return owner[0].pid() == pid || owner[0].destroyForcibly().waitFor() < 0;
        });
    return owner[0];
  }
}
