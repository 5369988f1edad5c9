package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.stockade.cri.v1.CreateContainerRequest;
import dev.stockade.cri.v1.ExecSyncRequest;
import dev.stockade.cri.v1.ListContainersRequest;
import dev.stockade.cri.v1.ListPodSandboxRequest;
import dev.stockade.cri.v1.NamespaceMode;
import dev.stockade.cri.v1.NamespaceOption;
import dev.stockade.cri.v1.PodSandboxConfig;
import dev.stockade.cri.v1.RunPodSandboxRequest;
import dev.stockade.cri.v1.RuntimeServiceGrpc;
import dev.stockade.shim.config.Config;
import dev.stockade.shim.image.ImageLimits;
import dev.stockade.shim.image.ImageStore;
import dev.stockade.shim.image.Platform;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A caller that goes away: what was begun is undone, or finished and found by a repetition. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(180)
class CancelKernelTest {
  private static final long SETTLED_NANOS = 20_000_000_000L;

  /** A network plugin that takes its time and keeps a file for each network it made. */
  private static final String SLOW_PLUGIN =
      """
      #!/bin/sh
      case $CNI_COMMAND in
      ADD)
        touch "%1$s/networks/$CNI_CONTAINERID"
        sleep %2$d
        echo '{"cniVersion": "1.0.0", "ips": [{"address": "10.9.8.7/24"}]}'
        ;;
      DEL) rm -f "%1$s/networks/$CNI_CONTAINERID" ;;
      VERSION) echo '{"cniVersion": "1.0.0", "supportedVersions": ["1.0.0"]}' ;;
      esac
      """;

  private Path directory;
  private Config config;
  private Daemon daemon;
  private CriClient client;

  @BeforeAll
  void start(@TempDir Path temporary) throws Exception {
    directory = temporary;
    config = Machine.config(directory, "cni_bin_dirs = [\"" + directory + "/bin\"]");
    network();
    Path layout = Machine.busybox(directory);
    try (ImageStore images =
        ImageStore.open(config.root().resolve("images"), ImageLimits.DEFAULT, Platform.here())) {
      assertThat(images.importFrom(layout, Optional.empty())).hasSize(1);
    }
    daemon = Daemon.start(config, Machine.warden(), "test");
    client = new CriClient(config.socket(), directory.resolve("logs"));
  }

  private void network() throws Exception {
    Files.createDirectories(directory.resolve("networks"));
    Path plugin = Files.createDirectories(directory.resolve("bin")).resolve("slow");
    Files.writeString(plugin, SLOW_PLUGIN.formatted(directory, 2 * Wait.PATIENCE));
    Files.setPosixFilePermissions(plugin, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.writeString(
        Files.createDirectories(directory.resolve("net.d")).resolve("10-slow.conflist"),
        """
        {"cniVersion": "1.0.0", "name": "slow", "plugins": [{"type": "slow"}]}
        """);
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

  private RuntimeServiceGrpc.RuntimeServiceBlockingStub impatient(long milliseconds) {
    return client.runtime().withDeadlineAfter(milliseconds, TimeUnit.MILLISECONDS);
  }

  private PodSandboxConfig.Builder connected(String name) {
    return client.pod(
        name,
        NamespaceOption.newBuilder().setNetwork(NamespaceMode.POD).setPid(NamespaceMode.CONTAINER));
  }

  @Test
  void aPodWhoseCallerGoesAwayWhileItsNetworkIsMadeIsUndone() throws Exception {
    // Makes the cgroup of helpers, which stays.
    client.removePod(client.run(connected("before")));
    NodeSnapshot before = NodeSnapshot.of(config, directory);
    RunPodSandboxRequest request =
        RunPodSandboxRequest.newBuilder().setConfig(connected("cancelled")).build();
    assertCancelled(() -> impatient(1000L * Wait.PATIENCE).runPodSandbox(request));
    assertThat(directory.resolve("networks")).as("the plugin was at work").isNotEmptyDirectory();
    assertThat(settled(before)).isEmpty();
    assertThat(pods()).isEmpty();
    String again = client.run(connected("cancelled"));
    client.removePod(again);
    assertThat(settled(before)).isEmpty();
  }

  /** Wherever it strikes: either there is nothing, or the whole container, which a retry finds. */
  @Test
  void aContainerWhoseCallerGoesAwayIsWholeOrNothing() throws Exception {
    String pod = client.run(client.pod("races"));
    // Makes the cgroup of the pod, which stays as long as the pod.
    String first = client.create(pod, container("first"));
    client.start(first);
    client.remove(first);
    NodeSnapshot before = NodeSnapshot.of(config, directory);
    int undone = 0;
    for (int i = 0; i < 40; i++) {
      CreateContainerRequest request =
          CreateContainerRequest.newBuilder()
              .setPodSandboxId(pod)
              .setConfig(container("raced"))
              .build();
      try {
        var unused = impatient(1 + i % 20).createContainer(request);
      } catch (StatusRuntimeException e) {
        assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
      }
      if (containersAfterTheCall() == 0) {
        undone++;
        assertThat(settled(before, "/logs")).isEmpty();
      }
      String id = client.runtime().createContainer(request).getContainerId();
      client.start(id);
      client.remove(id);
      assertThat(settled(before, "/logs")).isEmpty();
    }
    assertThat(undone).as("calls that were undone").isPositive();
    client.removePod(pod);
  }

  private dev.stockade.cri.v1.ContainerConfig.Builder container(String name) {
    var container = client.container(name, "sleep", "600");
    container
        .getLinuxBuilder()
        .getSecurityContextBuilder()
        .setNamespaceOptions(NamespaceOption.newBuilder().setPid(NamespaceMode.CONTAINER));
    return container;
  }

  /** A call that was cancelled may still be under way; it holds the pod, so this waits for it. */
  private int containersAfterTheCall() throws Exception {
    Thread.sleep(60);
    return client
        .runtime()
        .listContainers(ListContainersRequest.getDefaultInstance())
        .getContainersCount();
  }

  @Test
  void aCommandWhoseCallerGoesAwayIsKilled() throws Exception {
    String pod = client.run(client.pod("commands"));
    String container = client.create(pod, container("commands"));
    client.start(container);
    NodeSnapshot before = NodeSnapshot.of(config, directory);
    ExecSyncRequest request =
        ExecSyncRequest.newBuilder()
            .setContainerId(container)
            .addAllCmd(List.of("sh", "-c", "trap '' TERM HUP INT; while :; do :; done"))
            .build();
    assertCancelled(() -> impatient(700).execSync(request));
    assertThat(settled(before)).isEmpty();
    assertThat(client.exec(container, 10, "echo", "still here").getStdout().toStringUtf8())
        .isEqualTo("still here\n");
    client.removePod(pod);
  }

  private static void assertCancelled(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    StatusRuntimeException e = catchThrowableOfType(StatusRuntimeException.class, call);
    assertThat(e).isNotNull();
    assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
  }

  private List<?> pods() {
    return client
        .runtime()
        .listPodSandbox(ListPodSandboxRequest.getDefaultInstance())
        .getItemsList();
  }

  private List<String> settled(NodeSnapshot before, String... expected) throws Exception {
    return before.awaitAgain(config, directory, SETTLED_NANOS, expected);
  }
}
