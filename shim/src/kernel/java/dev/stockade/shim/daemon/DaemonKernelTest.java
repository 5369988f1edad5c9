package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.cri.v1.ContainerState;
import dev.stockade.cri.v1.ContainerStatus;
import dev.stockade.cri.v1.ExecSyncResponse;
import dev.stockade.shim.config.Config;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A whole daemon, asked over its socket. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
class DaemonKernelTest {
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
      assertThat(config.root().resolve("pods")).isEmptyDirectory();
      assertThat(config.root().resolve("containers")).isEmptyDirectory();
    }
  }

  @Test
  void aContainerRunsToItsEnd() throws Exception {
    String pod = client.run(client.pod("life"));
    String container =
        client.create(pod, client.container("main", "sh", "-c", "echo hello; id -u; exit 3"));
    assertThat(client.status(container).getState()).isEqualTo(ContainerState.CONTAINER_CREATED);
    client.start(container);
    ContainerStatus ended = client.awaitEnd(container);
    assertThat(ended.getExitCode()).isEqualTo(3);
    assertThat(ended.getReason()).isEqualTo("Error");
    assertThat(Files.readString(logs.resolve("life/main.log")))
        .contains(" stdout F hello\n", " stdout F 0\n");
    assertThat(client.verbose(container).getInfoMap())
        .containsKeys("info", "plan", "receipt", "receiptTable");
    client.remove(container);
    client.stopPod(pod);
    client.removePod(pod);
  }

  @Test
  void aRunningContainerTakesCommandsAndIsStopped() throws Exception {
    String pod = client.run(client.pod("running"));
    String container = client.create(pod, client.container("main", "sleep", "600"));
    client.start(container);
    ExecSyncResponse said =
        client.exec(container, 10, "sh", "-c", "echo out; echo err >&2; exit 5");
    assertThat(said.getExitCode()).isEqualTo(5);
    assertThat(said.getStdout().toStringUtf8()).isEqualTo("out\n");
    assertThat(said.getStderr().toStringUtf8()).isEqualTo("err\n");
    String other = client.create(pod, client.container("other", "tail", "-f", "/dev/null"));
    client.start(other);
    for (int i = 0; i < 12; i++) {
      String[] command = {"sh", "-c", "cat /proc/1/comm; exit " + i % 6};
      for (String of : List.of(container, other)) {
        ExecSyncResponse again = client.exec(of, 10, command);
        assertThat(again.getExitCode()).isEqualTo(i % 6);
        String name = of.equals(container) ? "sleep\n" : "tail\n";
        assertThat(again.getStdout().toStringUtf8()).isEqualTo(name);
      }
    }
    client.stop(container, 0);
    assertThat(client.status(container).getExitCode()).isEqualTo(137);
    client.removePod(pod);
    client.removePod(pod);
  }
}
