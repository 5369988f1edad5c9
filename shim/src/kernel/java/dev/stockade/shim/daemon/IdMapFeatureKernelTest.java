package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.IDMapping;
import dev.stockade.cri.v1.Mount;
import dev.stockade.cri.v1.PodSandboxConfig;
import dev.stockade.cri.v1.StatusRequest;
import dev.stockade.cri.v1.StatusResponse;
import dev.stockade.launcher.engine.IdMapProbe;
import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.HostPath;
import dev.stockade.launcher.linux.Mounts;
import dev.stockade.launcher.plan.NodeReview.Finding;
import dev.stockade.launcher.plan.NodeReview.State;
import dev.stockade.shim.config.Config;
import dev.stockade.shim.explain.Explanation;
import dev.stockade.shim.explain.IdMapFindings;
import dev.stockade.shim.explain.NodeExplainer;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * User namespaces are promised where the layers' file system can show mapped ids, tried there; the
 * daemon, {@code explain} and {@code doctor} say the same.
 */
@Timeout(300)
final class IdMapFeatureKernelTest {
  private final List<Path> mounted = new ArrayList<>();
  private Path place;

  /** What a pod is asked for once the promise was looked at. */
  @FunctionalInterface
  private interface Work {
    void with(CriClient client) throws Exception;
  }

  /** On a tmpfs, which can be idmapped. */
  @BeforeEach
  void mount(@TempDir Path directory) throws Exception {
    Machine.requireRoot();
    place = directory.resolve("tmpfs");
    try (Fd tmpfs = Mounts.fileSystem("tmpfs", List.of("mode=0755"), 0);
        Fd at = HostPath.hold(Files.createDirectory(place))) {
      Mounts.attach(tmpfs, at, place.toString());
    }
    mounted.add(place);
  }

  @AfterEach
  void unmount() throws Exception {
    for (int i = mounted.size() - 1; i >= 0; i--) {
      run("umount", "-l", mounted.get(i).toString());
    }
  }

  private static void run(String... command) throws Exception {
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
  }

  private static void requireMappable(Path path, boolean mappable) throws Exception {
    try (IdMapProbe probe = IdMapProbe.open(Machine.warden())) {
      assertThat(probe.ask(path).mappable()).as(path.toString()).isEqualTo(mappable);
    }
  }

  private void promised(boolean mappable, Work work) throws Exception {
    Config config = Machine.config(place);
    requireMappable(place, true);
    Machine.importBusybox(place, config);
    try (Daemon daemon = Daemon.start(config, Machine.warden(), "test");
        CriClient client = new CriClient(config.socket(), place.resolve("logs"))) {
      assertThat(daemon.toString()).isEqualTo(config.root().toString());
      try {
        requireTold(client, mappable);
        requireFound(config, mappable);
        requirePod(config, client, mappable);
        work.with(client);
      } finally {
        client.removeEverything();
      }
    }
    assertThat(Machine.leftovers(config)).isEmpty();
  }

  private static void requireTold(CriClient client, boolean mappable) throws Exception {
    StatusRequest verbose = StatusRequest.newBuilder().setVerbose(true).build();
    StatusResponse status = client.runtime().status(verbose);
    assertThat(status.getRuntimeHandlersList())
        .hasSize(2)
        .allSatisfy(
            handler ->
                assertThat(handler.getFeatures().getUserNamespaces())
                    .as("handler '%s'", handler.getName())
                    .isEqualTo(mappable));
    assertThat(status.getFeatures().getUserNamespacesHostNetwork()).isEqualTo(mappable);
    var facts = new ObjectMapper().readTree(status.getInfoOrThrow("hostFacts"));
    assertThat(facts.path("idmappedLayers").asBoolean()).isEqualTo(mappable);
    assertThat(facts.path("idmapObstacle").asText().isEmpty()).isEqualTo(mappable);
  }

  /** What {@code doctor} says of the place that the daemon tried. */
  private static void requireFound(Config config, boolean mappable) {
    String images = config.root().resolve("images") + " (images)";
    List<Finding> findings = IdMapFindings.of(config, Machine.warden());
    assertThat(findings.stream().filter(finding -> finding.found().contains(images)))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.state()).isEqualTo(mappable ? State.YES : State.LIMITED);
              assertThat(finding.fix()).contains(mappable ? "" : "keep images on ext4");
            });
    assertThat(findings.toString()).doesNotContain(config.root() + " (");
  }

  private void requirePod(Config config, CriClient client, boolean mappable) throws Exception {
    var pod = client.pod("mapped", ProbeNode.userNamespace());
    Explanation explained;
    try (NodeExplainer node =
        NodeExplainer.open(config, place.resolve("volumes"), Machine.warden())) {
      explained = node.explain(pod.build(), "", List.of());
    }
    assertThat(explained.starts()).isEqualTo(mappable);
    if (mappable) {
      assertThat(client.run(pod)).isNotEmpty();
      return;
    }
    StatusRuntimeException refused =
        catchThrowableOfType(StatusRuntimeException.class, () -> client.run(pod));
    assertThat(refused).isNotNull();
    assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
    assertThat(refused)
        .hasMessageContaining("linux.security_context.namespace_options.userns_options: ")
        .hasMessageContaining("images, ext3, cannot show mapped ids; ");
    assertThat(explained.refusal().map(Explanation.Refusal::message))
        .isEqualTo(Optional.ofNullable(refused.getStatus().getDescription()));
  }

  @Test
  void whereLayersCanShowMappedIdsTheHandlersSaySo() throws Exception {
    promised(true, client -> {});
  }

  /** An ext3 has all that layers need, and no maps. A volume is on a file system of its own. */
  @Test
  void whereLayersCannotNobodyIsPromisedUserNamespaces() throws Exception {
    Path maker = Path.of("/usr/sbin/mkfs.ext3");
    assumeTrue(Files.isExecutable(maker), "needs mkfs.ext3 of e2fsprogs");
    assumeTrue(Files.exists(Path.of("/dev/loop-control")), "needs loop devices (modprobe loop)");
    Path disk = place.resolve("disk");
    try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
      file.setLength(64 << 20);
    }
    run(maker.toString(), "-q", "-F", disk.toString());
    Path state = Files.createDirectory(place.resolve("state"));
    run("mount", "-t", "ext3", "-o", "loop", disk.toString(), state.toString());
    mounted.add(state);
    requireMappable(state, false);
    Path volume = Files.createDirectory(place.resolve("volume"));
    IDMapping ids =
        IDMapping.newBuilder().setHostId(ProbeNode.MAPPED).setContainerId(0).setLength(10).build();
    Mount.Builder mount =
        Mount.newBuilder()
            .setHostPath(volume.toString())
            .setContainerPath("/data")
            .addUidMappings(ids)
            .addGidMappings(ids);
    promised(
        false,
        client -> {
          String pod = client.run(client.pod("plain"));
          String container = start(client, pod, client.container("main").addMounts(mount));
          String[] owner = {"stat", "-c", "%u", "/data"};
          assertThat(client.exec(container, 20, owner).getStdout().toStringUtf8())
              .isEqualTo(ProbeNode.MAPPED + "\n");
        });
  }

  @Test
  void aVolumeThatCannotShowOtherIdsIsRefusedByBoth() throws Exception {
    IDMapping ids = IDMapping.newBuilder().setHostId(ProbeNode.MAPPED).setLength(10).build();
    Mount.Builder mount =
        Mount.newBuilder()
            .setHostPath("/sys/class")
            .setContainerPath("/data")
            .addUidMappings(ids)
            .addGidMappings(ids);
    promised(
        true,
        client -> {
          var pod = client.pod("volume");
          var container = client.container("main", "true").addMounts(mount);
          String id = client.run(pod);
          StatusRuntimeException refused =
              catchThrowableOfType(
                  StatusRuntimeException.class, () -> client.create(id, container));
          assertThat(refused)
              .hasMessageContaining("mounts[0].uidMappings: volume /sys/class on sysfs cannot be");
          assertThat(explained(pod, container))
              .isEqualTo(Optional.ofNullable(refused.getStatus().getDescription()));
        });
  }

  private Optional<String> explained(
      PodSandboxConfig.Builder pod, ContainerConfig.Builder container) throws Exception {
    try (NodeExplainer node =
        NodeExplainer.open(Machine.config(place), place.resolve("volumes"), Machine.warden())) {
      Explanation explained = node.explain(pod.build(), "", List.of(container.build()));
      return explained.containers().get(0).refusal().map(Explanation.Refusal::message);
    }
  }

  private static String start(CriClient client, String pod, ContainerConfig.Builder container) {
    String id = client.create(pod, container.addCommand("sleep").addArgs("600"));
    client.start(id);
    return id;
  }

  /** The upper layer has the host's ids, and is never idmapped. */
  @Test
  void whatContainersWriteIsWhereNothingCanBeMapped() throws Exception {
    Path written = Files.createDirectories(place.resolve("state/containers"));
    run("mount", "-t", "ramfs", "-o", "mode=0700", "ramfs", written.toString());
    mounted.add(written);
    requireMappable(written, false);
    promised(
        true,
        client -> {
          String pod = client.run(client.pod("writes", ProbeNode.userNamespace()));
          String container = start(client, pod, client.container("main"));
          String script = "echo told > /made; chown 7 /made; stat -c %u /made";
          assertThat(client.exec(container, 20, "sh", "-c", script).getStdout().toStringUtf8())
              .isEqualTo("7\n");
          Path made = written.resolve(container).resolve("upper/made");
          assertThat(made).hasContent("told");
          assertThat(Files.getAttribute(made, "unix:uid")).isEqualTo(ProbeNode.MAPPED + 7);
        });
  }
}
