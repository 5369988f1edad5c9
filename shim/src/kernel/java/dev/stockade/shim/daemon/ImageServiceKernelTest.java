package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.stockade.cri.v1.FilesystemUsage;
import dev.stockade.cri.v1.Image;
import dev.stockade.cri.v1.ImageFsInfoRequest;
import dev.stockade.cri.v1.ImageFsInfoResponse;
import dev.stockade.cri.v1.ImageSpec;
import dev.stockade.cri.v1.ImageStatusRequest;
import dev.stockade.cri.v1.ImageStatusResponse;
import dev.stockade.cri.v1.ListImagesRequest;
import dev.stockade.cri.v1.RemoveImageRequest;
import dev.stockade.cri.v1.StreamImagesRequest;
import dev.stockade.cri.v1.StreamImagesResponse;
import dev.stockade.shim.config.Config;
import dev.stockade.shim.image.ImageLimits;
import dev.stockade.shim.image.ImageStore;
import dev.stockade.shim.image.LayoutBuilder;
import dev.stockade.shim.image.Platform;
import dev.stockade.shim.image.TarBuilder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The image calls as the kubelet's image collector and its checks use them. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
class ImageServiceKernelTest {
  private static final String PREFIX = "registry.example/many/image";
  private static final int IMAGES = 150;
  private static final String NAMED = "registry.example/named/user";

  private Config config;
  private Daemon daemon;
  private CriClient client;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    config =
        Machine.config(directory, "[images]", "pinned = [\"docker.io/library/*\", \"*image7:1\"]");
    Machine.importBusybox(directory, config);
    importNamed(directory);
    Path many = LayoutBuilder.images(PREFIX, IMAGES).writeTo(directory.resolve("many"));
    try (ImageStore images =
        ImageStore.open(config.root().resolve("images"), many(), Platform.here())) {
      assertThat(images.importFrom(many, Optional.empty())).hasSize(IMAGES + 1);
    }
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

  /** Images with users as Dockerfiles name them. */
  private void importNamed(Path directory) throws Exception {
    byte[] layer = new TarBuilder().file("g", "1").build();
    LayoutBuilder named = new LayoutBuilder();
    String[] users = {"nginx", "nginx:web", "5:web", "0:0", "", "4294967296"};
    String[] manifests = new String[users.length];
    for (int i = 0; i < users.length; i++) {
      manifests[i] =
          named.image(
              ",'author':'" + i + "','config':{'User':'" + users[i] + "'}",
              LayoutBuilder.named(NAMED + i + ":1"),
              layer);
    }
    Path layout = named.finish(manifests).writeTo(directory.resolve("named"));
    try (ImageStore images =
        ImageStore.open(config.root().resolve("images"), many(), Platform.here())) {
      assertThat(images.importFrom(layout, Optional.empty())).hasSize(users.length);
    }
  }

  private static ImageLimits many() {
    ImageLimits usual = ImageLimits.DEFAULT;
    return new ImageLimits(
        usual.documentBytes(),
        usual.imageBytes(),
        usual.layerBytes(),
        usual.layerEntries(),
        usual.layers(),
        usual.compressionRatio(),
        2 * IMAGES,
        usual.layerTimeout());
  }

  private static ImageSpec named(String image) {
    return ImageSpec.newBuilder().setImage(image).build();
  }

  private ImageStatusResponse status(String image, boolean verbose) {
    return client
        .images()
        .imageStatus(
            ImageStatusRequest.newBuilder().setImage(named(image)).setVerbose(verbose).build());
  }

  @Test
  void aStreamHasTheSameImagesInSeveralMessages() {
    List<Image> listed =
        client.images().listImages(ListImagesRequest.getDefaultInstance()).getImagesList();
    assertThat(listed).hasSizeGreaterThanOrEqualTo(IMAGES);
    List<Image> streamed = new ArrayList<>();
    int messages = 0;
    var stream = client.images().streamImages(StreamImagesRequest.getDefaultInstance());
    while (stream.hasNext()) {
      StreamImagesResponse message = stream.next();
      streamed.addAll(message.getImagesList());
      messages++;
    }
    assertThat(streamed).containsExactlyElementsOf(listed);
    assertThat(messages).isEqualTo(2);
  }

  @Test
  void pinnedImagesAreTold() {
    assertThat(status(CriClient.IMAGE, false).getImage().getPinned()).isTrue();
    assertThat(status(PREFIX + "7:1", false).getImage().getPinned()).isTrue();
    assertThat(status(PREFIX + "8:1", false).getImage().getPinned()).isFalse();
  }

  @Test
  void annotationsOfTheManifestAreInTheSpec() {
    ImageSpec spec = status(PREFIX + "3:1", false).getImage().getSpec();
    assertThat(spec.getAnnotationsMap()).containsExactlyEntriesOf(java.util.Map.of("number", "3"));
  }

  @Test
  void aVerboseStatusHasTheConfigOfTheImage() throws Exception {
    assertThat(status(PREFIX + "4:1", false).getInfoMap()).isEmpty();
    JsonNode info =
        new ObjectMapper().readTree(status(PREFIX + "4:1", true).getInfoMap().get("info"));
    assertThat(info.at("/imageSpec/config/User").asText()).isEqualTo("4");
    assertThat(info.at("/layers").size()).isEqualTo(1);
  }

  @Test
  void theUserIsANumberOrAName() {
    assertThat(user(PREFIX + "5:1")).isEqualTo("5 ");
    assertThat(user(NAMED + "0:1")).isEqualTo("none nginx");
    assertThat(user(NAMED + "1:1")).isEqualTo("none nginx");
    assertThat(user(NAMED + "2:1")).isEqualTo("5 ");
    assertThat(user(NAMED + "3:1")).isEqualTo("0 ");
    assertThat(user(NAMED + "4:1")).isEqualTo("0 ");
    assertThat(user(NAMED + "5:1")).as("no number that there is").isEqualTo("none invalid");
  }

  private String user(String name) {
    Image image = status(name, false).getImage();
    return (image.hasUid() ? "" + image.getUid().getValue() : "none") + " " + image.getUsername();
  }

  @Test
  void removingOneTagRemovesAllAndAgainIsNoError() throws Exception {
    Image image = status(PREFIX + "9:1", false).getImage();
    assertThat(image.getRepoTagsList()).containsExactly(PREFIX + "9:1", PREFIX + "9:other");
    for (int i = 0; i < 2; i++) {
      client
          .images()
          .removeImage(RemoveImageRequest.newBuilder().setImage(named(PREFIX + "9:1")).build());
    }
    assertThat(status(PREFIX + "9:other", false).hasImage()).isFalse();
    assertThat(status(image.getId(), false).hasImage()).isFalse();
  }

  /** What containers write is in other directories than images, and counted apart. */
  @Test
  void whatContainersWriteIsCountedApart() throws Exception {
    ImageFsInfoResponse before = usage();
    FilesystemUsage images = before.getImageFilesystems(0);
    assertThat(Path.of(images.getFsId().getMountpoint()))
        .isEqualTo(config.root().resolve("images"));
    assertThat(images.getUsedBytes().getValue()).isGreaterThan(1 << 20);
    assertThat(Path.of(before.getContainerFilesystems(0).getFsId().getMountpoint()))
        .isEqualTo(config.root().resolve("containers"));
    String pod = client.run(client.pod("writer"));
    String container =
        client.create(
            pod, client.container("main", "dd", "if=/dev/zero", "of=/big", "bs=1M", "count=8"));
    client.start(container);
    client.awaitEnd(container);
    Wait.until(
        "the usage is looked at anew", () -> written(usage()) > written(before) + (8 << 20) - 1);
    assertThat(usage().getImageFilesystems(0).getUsedBytes().getValue())
        .isLessThanOrEqualTo(images.getUsedBytes().getValue());
    assertThat(Files.exists(config.root().resolve("containers").resolve(container))).isTrue();
  }

  private static long written(ImageFsInfoResponse usage) {
    return usage.getContainerFilesystems(0).getUsedBytes().getValue();
  }

  private ImageFsInfoResponse usage() {
    return client.images().imageFsInfo(ImageFsInfoRequest.getDefaultInstance());
  }
}
