package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

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
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
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
  /** What warden and the engine tidy up after the answer. */
  private static final long SETTLED_NANOS = 5_000_000_000L;

  private Path directory;
  private Config config;
  private Daemon daemon;
  private CriClient client;
  private RefusalScene scene;

  @BeforeAll
  void start(@TempDir Path temporary) throws Exception {
    directory = temporary;
    config = Machine.config(directory);
    Path layout = Machine.busybox(directory);
    try (ImageStore images =
        ImageStore.open(
            config.root().resolve("images"), ImageLimits.DEFAULT, Platform.here())) {
      assertThat(images.importFrom(layout, Optional.empty())).hasSize(1);
    }
    daemon = Daemon.start(config, Machine.warden(), "test");
    client = new CriClient(config.socket(), directory.resolve("logs"));
    scene = new RefusalScene(client, directory);
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
            CallRefusals.all())
        .flatMap(List::stream);
  }

  @ParameterizedTest
  @MethodSource("refusals")
  void itHasItsCodeNamesItsFieldAndLeavesNothing(Refusal refusal) throws Exception {
    NodeSnapshot before = NodeSnapshot.of(config, directory);
    StatusRuntimeException refused =
        catchThrowableOfType(
            StatusRuntimeException.class, () -> refusal.request().send(scene));
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

  private List<String> settled(NodeSnapshot before) throws Exception {
    long end = System.nanoTime() + SETTLED_NANOS;
    List<String> changes = before.changesTo(NodeSnapshot.of(config, directory));
    while (!changes.isEmpty() && System.nanoTime() < end) {
      Thread.sleep(20);
      changes = before.changesTo(NodeSnapshot.of(config, directory));
    }
    return changes;
  }
}
