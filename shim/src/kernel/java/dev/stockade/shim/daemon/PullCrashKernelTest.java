package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.cri.v1.AuthConfig;
import dev.stockade.cri.v1.Image;
import dev.stockade.cri.v1.ImageSpec;
import dev.stockade.cri.v1.ListImagesRequest;
import dev.stockade.cri.v1.PullImageRequest;
import dev.stockade.cri.v1.RemoveImageRequest;
import dev.stockade.shim.config.Config;
import dev.stockade.shim.image.LayoutBuilder;
import dev.stockade.shim.image.TarBuilder;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The daemon is killed at any moment while it pulls from a real registry and removes: the store is
 * whole afterwards, nothing is left over, and the next pull succeeds. So often as {@code
 * -Dstockade.pull.kills} says.
 */
@Timeout(600)
class PullCrashKernelTest {
  private static final int KILLS = Integer.getInteger("stockade.pull.kills", 8);
  private static final int LONGEST_MILLISECONDS = 700;
  private static final int LAYERS = 4;
  private static final int FILES = 150;
  private static final int FILE_BYTES = 20_000;

  private Path directory;
  private Config config;
  private DockerRegistry registry;
  private DaemonProcess daemon;
  private CriClient client;
  private ImageSpec image;

  @BeforeEach
  void start(@TempDir Path temporary) throws Exception {
    directory = temporary;
    Path hosts = directory.resolve("certs.d");
    config = Machine.config(directory, "[registry]", "hosts_dir = \"" + hosts + "\"");
    byte[][] layers = new byte[LAYERS][];
    for (int i = 0; i < LAYERS; i++) {
      layers[i] = layer(i);
    }
    Path layout = LayoutBuilder.of("crash:1", layers).writeTo(directory.resolve("layout"));
    registry = DockerRegistry.start(directory.resolve("registry"), layout);
    Path own = Files.createDirectories(hosts.resolve(registry.host()));
    Files.writeString(
        own.resolve("hosts.toml"),
        "server = \"https://" + registry.host() + "\"\nca = \"" + registry.authority() + "\"\n");
    image = ImageSpec.newBuilder().setImage(registry.host() + "/team/busybox:1").build();
    connect();
  }

  private static byte[] layer(int number) {
    TarBuilder tar = new TarBuilder().directory("layer" + number);
    for (int i = 0; i < FILES; i++) {
      tar.file("layer" + number + "/" + i, content(number, i));
    }
    return tar.build();
  }

  private static String content(int layer, int file) {
    return (layer + "." + file + "\n").repeat(FILE_BYTES / 6);
  }

  private void connect() throws Exception {
    daemon = DaemonProcess.start(directory, config);
    client = new CriClient(config.socket(), directory.resolve("logs"));
  }

  @AfterEach
  void end() throws Exception {
    if (daemon != null) {
      client.close();
      if (!daemon.isAlive()) {
        connect();
        client.close();
      }
      daemon.end();
      assertThat(Machine.leftovers(config)).isEmpty();
    }
    registry.close();
  }

  private String pull() {
    AuthConfig auth =
        AuthConfig.newBuilder().setAuth(DockerRegistry.auth(DockerRegistry.PASSWORD)).build();
    return client
        .images()
        .pullImage(PullImageRequest.newBuilder().setImage(image).setAuth(auth).build())
        .getImageRef();
  }

  private void remove() {
    var unused =
        client.images().removeImage(RemoveImageRequest.newBuilder().setImage(image).build());
  }

  @Test
  void nothingHalfMadeIsLeft() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    int during = 0;
    for (int kill = 0; kill < KILLS; kill++) {
      Thread calls = new Thread(this::pullAndRemoveUntilTheDaemonDies);
      calls.start();
      Thread.sleep(random.nextInt(LONGEST_MILLISECONDS));
      daemon.kill();
      calls.join();
      client.close();
      during += names("staging").isEmpty() ? 0 : 1;
      connect();
      String at = "kill " + kill + " of seed " + seed;
      requireSound(at);
      pull();
      requireSound(at);
      requireWhole(at);
      if (random.nextBoolean()) {
        remove();
        requireSound(at);
      }
    }
    System.out.println(KILLS + " kills, " + during + " of them with something half-made");
    remove();
    for (String part : List.of("layers", "staging", "records", "blobs", "leases")) {
      assertThat(names(part)).as(part).isEmpty();
    }
  }

  private void pullAndRemoveUntilTheDaemonDies() {
    try {
      while (true) {
        pull();
        remove();
      }
    } catch (StatusRuntimeException e) {
      // The daemon is gone. A call that failed before that would fail below as well.
    }
  }

  private List<String> names(String part) throws IOException {
    try (Stream<Path> names = Files.list(config.root().resolve("images").resolve(part))) {
      return names.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }

  /** What is on disk is what the images known have, and nothing else. */
  private void requireSound(String at) throws IOException {
    List<Image> known =
        client.images().listImages(ListImagesRequest.getDefaultInstance()).getImagesList();
    assertThat(known).as(at).hasSizeLessThanOrEqualTo(1);
    assertThat(names("staging")).as(at).isEmpty();
    assertThat(names("records")).as(at).hasSize(known.size());
    assertThat(names("layers")).as(at).hasSize(LAYERS * known.size());
    assertThat(names("blobs")).as(at).hasSize(2 * known.size());
    assertThat(daemon.said()).as(at).doesNotContain("cannot be read");
  }

  private void requireWhole(String at) throws IOException {
    int whole = 0;
    for (String layer : names("layers")) {
      Path tree = config.root().resolve("images/layers").resolve(layer).resolve("fs");
      for (int number = 0; number < LAYERS; number++) {
        for (int i = 0; Files.exists(tree.resolve("layer" + number)) && i < FILES; i++) {
          assertThat(tree.resolve("layer" + number).resolve("" + i))
              .as(at)
              .hasContent(content(number, i));
          whole++;
        }
      }
    }
    assertThat(whole).as(at).isEqualTo(LAYERS * FILES);
  }
}
