package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.stockade.cri.v1.ContainerState;
import dev.stockade.cri.v1.ContainerStatus;
import dev.stockade.launcher.linux.Cgroup2;
import dev.stockade.launcher.linux.MountInfo;
import dev.stockade.shim.config.Config;
import dev.stockade.shim.image.ImageLimits;
import dev.stockade.shim.image.ImageStore;
import dev.stockade.shim.image.Platform;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every refusal has its code, names its field and leaves no process, mount, cgroup, record, file or
 * descriptor.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
class RefusalKernelTest {
  /** Its bit, capabilities(7). */
  private static final int SYS_RESOURCE = 24;

  /** What warden and the engine tidy up after the answer. */
  private static final long SETTLED_NANOS = 5_000_000_000L;

  private Path directory;
  private Config config;
  private Daemon daemon;
  private CriClient client;
  private RefusalScene scene;

  /** What this node has and others lack. */
  private Set<String> controllers;

  private long bounding;

  @BeforeAll
  void start(@TempDir Path temporary) throws Exception {
    directory = temporary;
    config = Machine.config(directory);
    Path layout = Machine.busybox(directory);
    try (ImageStore images =
        ImageStore.open(config.root().resolve("images"), ImageLimits.DEFAULT, Platform.here())) {
      assertThat(images.importFrom(layout, Optional.empty())).hasSize(1);
    }
    daemon = Daemon.start(config, Machine.warden(), "test");
    client = new CriClient(config.socket(), directory.resolve("logs"));
    scene = new RefusalScene(client, directory);
    controllers = Cgroup2.find().map(Cgroup2::controllers).orElse(Set.of());
    bounding = Long.parseUnsignedLong(ProbeNode.onHost("state").of("bounding"), 16);
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

  static Stream<Refusal> refusals() {
    return Stream.of(
            PodRefusals.all(),
            ContainerRefusals.all(),
            SecurityRefusals.all(),
            CallRefusals.all(),
            ImportRefusals.all())
        .flatMap(List::stream);
  }

  @ParameterizedTest
  @MethodSource("refusals")
  void itHasItsCodeNamesItsFieldAndLeavesNothing(Refusal refusal) throws Exception {
    assumeTheNodeLacks(refusal.what());
    NodeSnapshot before = NodeSnapshot.of(config, directory);
    StatusRuntimeException refused =
        catchThrowableOfType(StatusRuntimeException.class, () -> refusal.request().send(scene));
    if (refused == null) {
      scene.forget();
    }
    assertThat(refused).as("%s is refused", refusal.what()).isNotNull();
    String message = String.valueOf(refused.getStatus().getDescription());
    assertThat(refused.getStatus().getCode()).as(message).isEqualTo(refusal.code());
    assertThat(message).contains(refusal.names());
    if (refusal.code() != Status.Code.NOT_FOUND) {
      assertThat(message).as("tells what to do").contains("; ");
    }
    assertThat(settled(before)).isEmpty();
  }

  /** Some are refused for what a node lacks, and there are nodes that lack nothing. */
  private void assumeTheNodeLacks(String what) {
    Assumptions.assumeFalse(
        what.contains("controller") && controllers.containsAll(Set.of("memory", "cpu", "io")),
        "needs a node without the cgroup2 controllers memory, cpu and io");
    Assumptions.assumeFalse(
        what.contains("that the node lacks") && (bounding >>> SYS_RESOURCE & 1) == 1,
        "needs a node without CAP_SYS_RESOURCE");
  }

  static List<StartRefusal> starts() {
    return StartRefusal.all();
  }

  /** A start that comes to nothing leaves the container with the reason, and nothing else. */
  @ParameterizedTest
  @MethodSource("starts")
  void aStartThatIsRefusedLeavesOnlyItsReason(StartRefusal refusal) throws Exception {
    NodeSnapshot before = NodeSnapshot.of(config, directory);
    Path volume = Files.createDirectory(directory.resolve("volume"));
    String id = client.createAsIs(scene.pod, scene.container(refusal.change()));
    try {
      NodeSnapshot made = NodeSnapshot.of(config, directory);
      refusal.meanwhile().happen(scene);
      StatusRuntimeException refused =
          catchThrowableOfType(StatusRuntimeException.class, () -> client.start(id));
      assertThat(refused).as("%s is refused", refusal.what()).isNotNull();
      String message = String.valueOf(refused.getStatus().getDescription());
      assertThat(refused.getStatus().getCode()).as(message).isEqualTo(refusal.code());
      assertThat(message).contains(refusal.field()).contains("; ");
      assertThat(settled(made, "/state/containers/" + id, "/logs/", "/volume")).isEmpty();
      assertState(client.status(id), refusal);
    } finally {
      client.remove(id);
      Files.deleteIfExists(volume);
    }
    assertThat(settled(before, "/logs/")).isEmpty();
  }

  private static void assertState(ContainerStatus status, StartRefusal refusal) {
    if (refusal.canBeRepeated()) {
      assertThat(status.getState()).isEqualTo(ContainerState.CONTAINER_CREATED);
    } else {
      assertThat(status.getState()).isEqualTo(ContainerState.CONTAINER_EXITED);
      assertThat(status.getReason()).isEqualTo("StartError");
      assertThat(status.getMessage()).isNotEmpty();
      assertThat(status.getExitCode()).isEqualTo(refusal.exitCode());
    }
  }

  @Test
  void propagationOfAPrivateMountIsRefusedWhenTheContainerIsMade() throws Exception {
    Path proc = Path.of("/proc");
    Assumptions.assumeTrue(
        MountInfo.holding(proc).filter(MountInfo::isShared).isEmpty(),
        "/proc is a shared mount here, so it can propagate");
    Refusal refusal =
        Refusal.of(
            "propagation of a private mount",
            Status.Code.FAILED_PRECONDITION,
            "mounts[0].propagation",
            s ->
                s.client.createAsIs(
                    s.pod,
                    s.container(
                        "mounts { container_path: '/m' host_path: '/proc'"
                            + " propagation: PROPAGATION_BIDIRECTIONAL }")));
    itHasItsCodeNamesItsFieldAndLeavesNothing(refusal);
  }

  /** The table above is worth something only if the comparison can fail. */
  @Test
  void aRequestThatIsCarriedOutIsSeen() throws Exception {
    NodeSnapshot before = NodeSnapshot.of(config, directory);
    String pod = client.run(client.pod("seen"));
    String container = client.create(pod, client.container("seen", "sleep", "60"));
    client.start(container);
    List<String> changes = before.changesTo(NodeSnapshot.of(config, directory));
    for (String kind : List.of("process", "cgroup", "directory", "file", "/proc/")) {
      assertThat(changes).anyMatch(line -> line.startsWith("+ " + kind));
    }
    assertThat(changes).anyMatch(line -> line.contains("mountinfo"));
    assertThat(changes).anyMatch(line -> line.contains("/fd "));
    client.removePod(pod);
    Files.delete(directory.resolve("logs/seen/seen.log"));
    Files.delete(directory.resolve("logs/seen"));
    assertThat(settled(before)).isEmpty();
  }

  private List<String> settled(NodeSnapshot before, String... expected) throws Exception {
    return before.awaitAgain(config, directory, SETTLED_NANOS, expected);
  }
}
