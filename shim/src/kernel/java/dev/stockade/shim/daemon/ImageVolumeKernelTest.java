package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.IDMapping;
import dev.stockade.cri.v1.Image;
import dev.stockade.cri.v1.ImageSpec;
import dev.stockade.cri.v1.ImageStatusRequest;
import dev.stockade.cri.v1.Mount;
import dev.stockade.cri.v1.NamespaceMode;
import dev.stockade.cri.v1.NamespaceOption;
import dev.stockade.cri.v1.PodSandboxConfig;
import dev.stockade.cri.v1.RemoveImageRequest;
import dev.stockade.cri.v1.UserNamespace;
import dev.stockade.shim.config.Config;
import dev.stockade.shim.image.ImageLimits;
import dev.stockade.shim.image.ImageStore;
import dev.stockade.shim.image.LayoutBuilder;
import dev.stockade.shim.image.Platform;
import dev.stockade.shim.image.TarBuilder;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
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
import org.junit.jupiter.params.provider.CsvSource;

/** Images mounted into containers (KEP-4639). */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(180)
class ImageVolumeKernelTest {
  private static final String MODELS = "registry.example/models:1";
  private static final String SINGLE = "registry.example/single:1";

  private Config config;
  private Daemon daemon;
  private CriClient client;
  private Path directory;
  private String pod;
  private int serial;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    this.directory = directory;
    config = Machine.config(directory);
    Machine.importBusybox(directory, config);
    byte[] below = new TarBuilder().file("gone", "x").file("model/weights", "old").build();
    byte[] above =
        new TarBuilder()
            .file(".wh.gone", "")
            .file("model/weights", "new")
            .mode(06755)
            .file("model/tool", "#!/bin/sh\necho ran\n")
            .mode(0644)
            .symlink("inside", "/model")
            .symlink("outside", "/etc")
            .symlink("upwards", "../../../../../../etc")
            .build();
    LayoutBuilder layout = new LayoutBuilder();
    layout.finish(
        layout.image("", LayoutBuilder.named(MODELS), below, above),
        layout.image(
            "", LayoutBuilder.named(SINGLE), new TarBuilder().file("only", "one").build()));
    importAll(layout.writeTo(Files.createDirectory(directory.resolve("layout"))));
    begin();
    pod = client.run(client.pod("volumes"));
  }

  private void importAll(Path layout) throws Exception {
    try (ImageStore images =
        ImageStore.open(config.root().resolve("images"), ImageLimits.DEFAULT, Platform.here())) {
      assertThat(images.importFrom(layout, Optional.empty())).isNotEmpty();
    }
  }

  private void begin() throws Exception {
    daemon = Daemon.start(config, Machine.warden(), "test");
    client = new CriClient(config.socket(), directory.resolve("logs"));
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

  private static Mount.Builder volume(String image, String subPath) {
    return Mount.newBuilder()
        .setContainerPath("/vol")
        .setImage(ImageSpec.newBuilder().setImage(image))
        .setImageSubPath(subPath);
  }

  private ContainerConfig.Builder container(Mount.Builder mount, String script) {
    serial++;
    return client.container("c" + serial, "sh", "-c", script).addMounts(mount);
  }

  private String output(String id) throws Exception {
    client.start(id);
    client.awaitEnd(id);
    Path log = Path.of(client.status(id).getLogPath());
    try (Stream<String> lines = Files.lines(log)) {
      return String.join("\n", lines.map(line -> line.split(" ", 4)[3]).toList());
    }
  }

  private String run(String in, Mount.Builder mount, String script) throws Exception {
    return output(client.create(in, container(mount, script)));
  }

  private Image image(String name) {
    return client
        .images()
        .imageStatus(
            ImageStatusRequest.newBuilder().setImage(ImageSpec.newBuilder().setImage(name)).build())
        .getImage();
  }

  @Test
  void allLayersAreShownTogether() throws Exception {
    assertThat(run(pod, volume(MODELS, ""), "cat /vol/model/weights; echo; ls /vol"))
        .isEqualTo("new\ninside\nmodel\noutside\nupwards");
    assertThat(run(pod, volume(SINGLE, ""), "cat /vol/only")).isEqualTo("one");
    assertThat(run(pod, volume(image(SINGLE).getId(), ""), "cat /vol/only")).isEqualTo("one");
  }

  @Test
  void nothingOfItIsWrittenOrRun() throws Exception {
    String script =
        "touch /vol/x; echo y > /vol/model/weights; /vol/model/tool; "
            + "grep ' /vol ' /proc/self/mountinfo | cut -d' ' -f6";
    assertThat(run(pod, volume(MODELS, ""), script))
        .contains("touch: /vol/x: Read-only file system", "Permission denied")
        .doesNotContain("ran")
        .endsWith("ro,nosuid,nodev,noexec,relatime");
  }

  @ParameterizedTest
  @CsvSource({"model,weights", "inside,weights", "./model/,tool"})
  void aSubPathShowsOneDirectoryAlone(String subPath, String file) throws Exception {
    assertThat(run(pod, volume(MODELS, subPath), "ls /vol; ls -A /vol/..; touch /vol/" + file))
        .startsWith("tool\nweights\n")
        .contains("Read-only file system");
  }

  /** What the kubelet asks for by the id of the image, and what it is told it got. */
  @Test
  void theStatusHasTheDigestAndTheReceiptTheMount() throws Exception {
    String id = client.create(pod, container(volume(MODELS, "model"), "sleep 60"));
    client.start(id);
    Mount told = client.status(id).getMounts(0);
    assertThat(told.getImage().getImage()).isEqualTo(MODELS);
    assertThat(told.getImage().getImageRef()).isEqualTo(image(MODELS).getId());
    assertThat(told.getReadonly()).isTrue();
    assertThat(client.verbose(id).getInfoMap().get("receiptTable"))
        .containsPattern("mounts.mount +/vol +overlay nodev,noexec,nosuid,ro")
        .containsPattern("mounts.others .*ok");
    assertThat(client.verbose(id).getInfoMap().get("receipt"))
        .contains(image(MODELS).getId() + "/model");
    client.stop(id, 0);
  }

  @ParameterizedTest
  @CsvSource({
    "none.example/none:1, '', NOT_FOUND, mounts[0].image.image",
    "registry.example/models:1, none, FAILED_PRECONDITION, mounts[0].image_sub_path",
    "registry.example/models:1, model/weights, FAILED_PRECONDITION, is no directory",
    "registry.example/models:1, outside, FAILED_PRECONDITION, is no directory",
    "registry.example/models:1, upwards, FAILED_PRECONDITION, is no directory"
  })
  void whatTheImageDoesNotHaveIsNotMounted(
      String image, String subPath, Status.Code code, String message) {
    StatusRuntimeException refused =
        catchThrowableOfType(
            StatusRuntimeException.class,
            () -> client.create(pod, container(volume(image, subPath), "true")));
    assertThat(refused.getStatus().getCode()).isEqualTo(code);
    assertThat(refused.getStatus().getDescription())
        .startsWith("ImageVolumeMountFailed: ")
        .contains(message);
  }

  @ParameterizedTest
  @CsvSource({"../etc", "/model", "model/../../x", "a\u0000b"})
  void aSubPathThatLeavesTheImageIsRefused(String subPath) {
    String text = subPath.replace("\\u0000", "\0");
    StatusRuntimeException refused =
        catchThrowableOfType(
            StatusRuntimeException.class,
            () -> client.create(pod, container(volume(MODELS, text), "true")));
    assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(refused.getStatus().getDescription()).contains("mounts[0].image_sub_path");
  }

  @Test
  void filesBelongToTheRootOfAUserNamespace() throws Exception {
    String user = client.run(userNamespacePod());
    String script = "stat -c %u /vol/model/weights; cat /vol/model/weights";
    assertThat(run(user, volume(MODELS, ""), script)).isEqualTo("0\nnew");
    assertThat(run(user, volume(MODELS, "model"), "stat -c %u /vol/weights")).isEqualTo("0");
  }

  /** As the kubelet gives to every mount of such a pod. */
  @Test
  void aMapOfIdsMayBeGivenWithTheMount() throws Exception {
    String user = client.run(userNamespacePod());
    Mount.Builder mapped =
        volume(MODELS, "model").addUidMappings(userNamespace()).addGidMappings(userNamespace());
    assertThat(run(user, mapped, "stat -c %u /vol/weights")).isEqualTo("0");
  }

  private static IDMapping userNamespace() {
    return IDMapping.newBuilder().setHostId(700_000).setContainerId(0).setLength(65536).build();
  }

  private PodSandboxConfig.Builder userNamespacePod() {
    IDMapping map = userNamespace();
    return client.pod(
        "user",
        NamespaceOption.newBuilder()
            .setNetwork(NamespaceMode.NODE)
            .setPid(NamespaceMode.CONTAINER)
            .setUsernsOptions(
                UserNamespace.newBuilder().setMode(NamespaceMode.POD).addUids(map).addGids(map)));
  }

  /** An image that is removed stays for the containers that have it, also over a restart. */
  @Test
  void anImageIsKeptWhileItIsMounted() throws Exception {
    byte[] layer = new TarBuilder().file("kept", "still here").build();
    LayoutBuilder layout = new LayoutBuilder();
    String name = "registry.example/kept:1";
    layout.finish(layout.image("", LayoutBuilder.named(name), layer));
    client.close();
    daemon.close();
    importAll(layout.writeTo(Files.createDirectory(directory.resolve("kept"))));
    begin();
    int before = layers();
    String id = client.create(pod, container(volume(name, ""), "cat /vol/kept"));
    var unused =
        client
            .images()
            .removeImage(
                RemoveImageRequest.newBuilder()
                    .setImage(ImageSpec.newBuilder().setImage(name))
                    .build());
    assertThat(image(name).getId()).isEmpty();
    client.close();
    daemon.close();
    begin();
    assertThat(layers()).isEqualTo(before);
    assertThat(output(id)).isEqualTo("still here");
    client.remove(id);
    assertThat(layers()).isEqualTo(before - 1);
  }

  private int layers() throws IOException {
    try (Stream<Path> layers = Files.list(config.root().resolve("images/layers"))) {
      return List.copyOf(layers.toList()).size();
    }
  }
}
