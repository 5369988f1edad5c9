package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stockade.cri.v1.ContainerState;
import dev.stockade.cri.v1.ContainerStatus;
import dev.stockade.cri.v1.NamespaceMode;
import dev.stockade.cri.v1.PodSandboxConfig;
import dev.stockade.cri.v1.PodSandboxStatusRequest;
import dev.stockade.launcher.linux.Pidfd;
import dev.stockade.shim.config.Config;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A daemon starts on what another has left in this or that state. */
@Timeout(120)
class DaemonRestartKernelTest {
  private Path directory;
  private Config config;
  private Daemon daemon;
  private CriClient client;
  private String pod;

  @BeforeEach
  void start(@TempDir Path temporary) throws Exception {
    directory = temporary;
    config = Machine.config(directory);
    Machine.importBusybox(directory, config);
    open();
    pod = client.run(client.pod("pod"));
  }

  private void open() throws Exception {
    daemon = Daemon.start(config, Machine.warden(), "test");
    client = new CriClient(config.socket(), directory.resolve("logs"));
  }

  /** The daemon goes; what it watched stays. */
  private void leave() {
    client.close();
    daemon.close();
  }

  @AfterEach
  void end() throws IOException {
    if (client != null) {
      client.removeEverything();
      leave();
      assertThat(Machine.leftovers(config)).isEmpty();
    }
  }

  private Path runFiles(String container) {
    return config.runDir().resolve("containers").resolve(container);
  }

  private Path record(String kind, String id) {
    return config.root().resolve(kind).resolve(id + ".json");
  }

  @Test
  void aStartThatWasCutShortIsNoStart() throws Exception {
    String container = client.create(pod, client.container("main", "sleep", "600"));
    leave();
    Files.createDirectory(runFiles(container));
    open();
    ContainerStatus status = client.status(container);
    assertThat(status.getState()).isEqualTo(ContainerState.CONTAINER_EXITED);
    assertThat(status.getExitCode()).isEqualTo(128);
    assertThat(status.getReason()).isEqualTo("StartError");
    client.remove(container);
    assertThat(runFiles(container)).doesNotExist();
  }

  @Test
  void aStartThatWasNotRecordedHasItsOwnTime() throws Exception {
    String container = client.create(pod, client.container("main", "sleep", "600"));
    client.start(container);
    ContainerStatus before = client.status(container);
    leave();
    Path record = record("containers", container);
    Files.write(record, Files.readAllLines(record).subList(0, 1));
    open();
    ContainerStatus after = client.status(container);
    assertThat(after.getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
    Instant started = time(before.getStartedAt());
    assertThat(time(after.getStartedAt())).isBetween(time(before.getCreatedAt()), started);
  }

  private static Instant time(long nanoseconds) {
    return Instant.EPOCH.plus(nanoseconds, ChronoUnit.NANOS);
  }

  /** Its exit record cannot be read, for example because of the disk. */
  @Test
  void aContainerOfUnknownStateKeepsItsPlaceUntilItsStateIsKnown() throws Exception {
    String container = client.create(pod, client.container("main", "sleep", "600"));
    client.start(container);
    int pid = client.pid(container);
    leave();
    try (Pidfd process = Pidfd.open(pid)) {
      assertThat(process.signal(9)).isTrue();
    }
    Path record = runFiles(container).resolve(container);
    Wait.until("the exit record", () -> Files.exists(record));
    byte[] content = Files.readAllBytes(record);
    Files.delete(record);
    Files.createDirectory(record);
    open();
    assertThat(client.status(container).getState()).isEqualTo(ContainerState.CONTAINER_UNKNOWN);
    assertThatThrownBy(() -> client.create(pod, client.container("main", "sleep", "600")))
        .hasMessageContaining("ALREADY_EXISTS");
    assertThatThrownBy(() -> client.remove(container)).hasMessageContaining("find out");
    assertThat(client.status(container).getState()).isEqualTo(ContainerState.CONTAINER_UNKNOWN);
    Files.delete(record);
    Files.write(record, content);
    client.stop(container, 0);
    assertThat(client.status(container).getExitCode()).isEqualTo(137);
  }

  @Test
  void aPodWhoseRecordIsDamagedKeepsWhatItHas() throws Exception {
    String container = client.create(pod, client.container("main", "sleep", "600"));
    client.start(container);
    ContainerStatus before = client.status(container);
    leave();
    Path record = record("pods", pod);
    byte[] content = Files.readAllBytes(record);
    Files.write(record, new byte[] {'?'});
    open();
    assertThat(client.status(container).getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
    leave();
    Files.write(record, content);
    open();
    assertThat(client.isReady(pod)).isTrue();
    assertThat(client.status(container)).isEqualTo(before);
    assertThat(client.exec(container, 20, "cat", "/etc/hostname").getExitCode()).isZero();
  }

  /** Of its namespaces, and of the process that is number 1 to all its containers. */
  @Test
  void whatWasVerifiedOfAPodIsKept() throws Exception {
    PodSandboxConfig.Builder asked = client.pod("shared");
    asked
        .getLinuxBuilder()
        .getSecurityContextBuilder()
        .getNamespaceOptionsBuilder()
        .setPid(NamespaceMode.POD);
    String shared = client.run(asked);
    Map<String, String> before = verified(shared);
    assertThat(before)
        .containsOnlyKeys(
            "receipt.namespaces", "receiptTable.namespaces", "receipt.init", "receiptTable.init");
    assertThat(before.get("receiptTable.init")).contains("mounts.others", "before-exec");
    leave();
    open();
    assertThat(verified(shared)).isEqualTo(before);
  }

  private Map<String, String> verified(String sandbox) {
    Map<String, String> info =
        new TreeMap<>(
            client
                .runtime()
                .podSandboxStatus(
                    PodSandboxStatusRequest.newBuilder()
                        .setPodSandboxId(sandbox)
                        .setVerbose(true)
                        .build())
                .getInfoMap());
    info.keySet().removeIf(key -> !key.startsWith("receipt"));
    return info;
  }

  /** Where an administrator names another one, or a daemon started by hand becomes a service. */
  @Test
  void podsAreFoundInTheCgroupTheyWereMadeIn() throws Exception {
    String container = client.create(pod, client.container("main", "sleep", "600"));
    client.start(container);
    Path first = Machine.cgroup(config);
    Path second = first.resolveSibling(first.getFileName() + "-other");
    leave();
    config = Machine.moved(config, directory, "/" + second.getFileName());
    open();
    assertThat(client.exec(container, 20, "true").getExitCode()).isZero();
    assertThat(second).doesNotExist();
    client.removePod(pod);
    leave();
    assertThat(first).doesNotExist();
    open();
    assertThat(second.resolve("monitors")).isDirectory();
  }
}
