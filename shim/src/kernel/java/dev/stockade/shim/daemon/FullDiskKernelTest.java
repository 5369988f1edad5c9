package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.stockade.cri.v1.AuthConfig;
import dev.stockade.cri.v1.ContainerState;
import dev.stockade.cri.v1.ImageSpec;
import dev.stockade.cri.v1.PullImageRequest;
import dev.stockade.cri.v1.RemoveImageRequest;
import dev.stockade.shim.config.Config;
import dev.stockade.shim.image.LayoutBuilder;
import dev.stockade.shim.image.SmallDisk;
import dev.stockade.shim.image.TarBuilder;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A daemon whose disk is full says so, leaves nothing half-made, and gets on when there is room.
 */
@Timeout(180)
class FullDiskKernelTest {
  private static final int LAYER_BYTES = 5 << 20;
  private static final int BLOCK = 4096;

  private Path directory;
  private Config config;
  private SmallDisk disk;
  private DockerRegistry registry;
  private DaemonProcess daemon;
  private CriClient client;
  private ImageSpec image;

  @BeforeEach
  void start(@TempDir Path temporary) throws Exception {
    directory = temporary;
    Path hosts = directory.resolve("certs.d");
    config = Machine.config(directory, "[registry]", "hosts_dir = \"" + hosts + "\"");
    disk = SmallDisk.tmpfs(config.root(), "size=20m,nr_inodes=2000,mode=700");
    Machine.importBusybox(directory, config);
    Path layout = LayoutBuilder.of("full:1", layer(1), layer(2)).writeTo(directory.resolve("big"));
    registry = DockerRegistry.start(directory.resolve("registry"), layout);
    Path own = Files.createDirectories(hosts.resolve(registry.host()));
    Files.writeString(
        own.resolve("hosts.toml"),
        "server = \"https://" + registry.host() + "\"\nca = \"" + registry.authority() + "\"\n");
    image = ImageSpec.newBuilder().setImage(registry.host() + "/team/busybox:1").build();
    connect();
  }

  private static byte[] layer(int number) {
    byte[] noise = new byte[LAYER_BYTES];
    new Random(number).nextBytes(noise);
    return new TarBuilder().file("noise" + number, noise).build();
  }

  private void connect() throws Exception {
    daemon = DaemonProcess.start(directory, config);
    client = new CriClient(config.socket(), directory.resolve("logs"));
  }

  @AfterEach
  void end() throws Exception {
    if (daemon != null) {
      client.removeEverything();
      client.close();
      daemon.end();
      assertThat(Machine.leftovers(config)).isEmpty();
    }
    if (registry != null) {
      registry.close();
    }
    if (disk != null) {
      disk.close();
    }
  }

  private void pull() {
    AuthConfig auth =
        AuthConfig.newBuilder().setAuth(DockerRegistry.auth(DockerRegistry.PASSWORD)).build();
    assertThat(
            client
                .images()
                .pullImage(PullImageRequest.newBuilder().setImage(image).setAuth(auth).build())
                .getImageRef())
        .startsWith("sha256:");
  }

  private void removeImage(ImageSpec named) {
    var unused =
        client.images().removeImage(RemoveImageRequest.newBuilder().setImage(named).build());
  }

  /** What there is of images and containers, down to the single one. */
  private List<String> there() throws IOException {
    List<String> names = new ArrayList<>();
    for (String part : List.of("layers", "staging", "records", "blobs", "leases")) {
      addNames(config.root().resolve("images").resolve(part), names);
    }
    addNames(config.root().resolve("containers"), names);
    return names;
  }

  private static void addNames(Path parent, List<String> names) throws IOException {
    try (Stream<Path> all = Files.list(parent)) {
      all.map(Path::toString).sorted().forEach(names::add);
    }
  }

  private void full(String attempted, ThrowingCallable call) throws IOException {
    List<String> before = there();
    StatusRuntimeException refused = catchThrowableOfType(StatusRuntimeException.class, call);
    assertThat(refused).as(attempted).isNotNull();
    assertThat(refused.getStatus().getCode())
        .as(refused.getMessage())
        .isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(refused.getStatus().getDescription())
        .contains(attempted, config.root().toString())
        .containsPattern("ENOSPC|No space left on device")
        .contains("\"stockade images gc\"", "\"stockade images rm\"");
    assertThat(there()).isEqualTo(before);
  }

  /** Another image goes, by the daemon that was there, and the same pull succeeds. */
  @Test
  void aPullOfMoreThanThereIsRoomFor() throws Exception {
    pull();
    ImageSpec first = image;
    Path other = LayoutBuilder.of("more:1", layer(3), layer(4)).writeTo(directory.resolve("more"));
    try (DockerRegistry second = DockerRegistry.open(directory.resolve("second"))) {
      second.push("team/more", "1", other);
      Path own = Files.createDirectories(directory.resolve("certs.d").resolve(second.host()));
      Files.writeString(own.resolve("hosts.toml"), "server = \"http://" + second.host() + "\"\n");
      image = ImageSpec.newBuilder().setImage(second.host() + "/team/more:1").build();
      full("pull " + image.getImage() + ": layer sha256:", this::pull);
      removeImage(first);
      pull();
    }
  }

  /** So that the next line of a record needs a new one. */
  private void fillLastBlocks(String... ids) throws IOException {
    for (String id : ids) {
      try (Stream<Path> all = Files.walk(config.root(), 2)) {
        Path record = all.filter(path -> path.endsWith(id + ".json")).findFirst().orElseThrow();
        int rest = (int) (Files.size(record) % BLOCK);
        Files.writeString(record, "\n".repeat(BLOCK - rest), StandardOpenOption.APPEND);
      }
    }
  }

  @Test
  void aContainerOnAFullDisk() throws Exception {
    String pod = client.run(client.pod("full"));
    String running = client.create(pod, client.container("running", "sleep", "600"));
    client.start(running);
    String made = client.create(pod, client.container("made", "true"));
    fillLastBlocks(pod, running, made);
    disk.fillBlocks();
    disk.fillInodes();
    full("make container", () -> client.create(pod, client.container("more", "true")));
    full("StartContainer", () -> client.start(made));
    daemon.kill();
    client.close();
    connect();
    assertThat(client.status(running).getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
    client.stop(running, 0);
    client.remove(running);
    client.remove(made);
    removeImage(ImageSpec.newBuilder().setImage(CriClient.IMAGE).build());
    client.stopPod(pod);
    client.removePod(pod);
    assertThat(there()).isEmpty();
    disk.empty();
    pull();
    removeImage(image);
    assertThat(there()).isEmpty();
  }
}
