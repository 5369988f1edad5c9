package dev.stockade.shim.registry;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.stockade.shim.call.Call;
import dev.stockade.shim.image.Digest;
import dev.stockade.shim.image.Image;
import dev.stockade.shim.image.ImageException;
import dev.stockade.shim.image.ImageLimits;
import dev.stockade.shim.image.ImageReference;
import dev.stockade.shim.image.ImageStore;
import dev.stockade.shim.image.LayoutBuilder;
import dev.stockade.shim.image.Platform;
import dev.stockade.shim.image.TarBuilder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The layers of an image are counted together while they come, whichever comes first. */
@Timeout(300)
final class ImageBudgetTest {
  private static final byte[] BASE = new TarBuilder().file("base", "b").build();
  private static final int ENTRIES = 100;
  private static final int MIB = 1 << 20;
  private static final ImageLimits LIMITS =
      new ImageLimits(64 << 10, 4 * MIB, 2 * MIB, ENTRIES, 20, 1000, 8, Duration.ofSeconds(60));

  private final CountDownLatch over = new CountDownLatch(1);
  private Path root;
  private Path hosts;
  private ImageStore store;
  private ScriptedRegistry registry;

  /** What a layer is large by: each is less than its limit, and three of them are the image's. */
  private enum Layer {
    CONTENT("limits.image_bytes"),
    HEADERS("limits.image_bytes"),
    HOLES("limits.image_bytes"),
    FILES("4 times limits.layer_entries");

    private final String key;

    Layer(String key) {
      this.key = key;
    }

    byte[] make(int number) {
      return switch (this) {
        case CONTENT -> content(number);
        case HEADERS -> headers(number);
        case HOLES -> holes(number);
        case FILES -> files(number);
      };
    }
  }

  private static byte[] content(int number) {
    byte[] content = new byte[3 * MIB / 2];
    new Random(number).nextBytes(content);
    return new TarBuilder().file("f" + number, content).build();
  }

  private static byte[] headers(int number) {
    TarBuilder tar = new TarBuilder();
    for (int i = 0; i < 90; i++) {
      tar.pax("comment", LayoutBuilder.utf8("c".repeat(16_000))).file(number + "." + i, "");
    }
    return tar.build();
  }

  private static byte[] holes(int number) {
    int size = 3 * MIB / 2;
    return new TarBuilder()
        .pax("GNU.sparse.major", LayoutBuilder.utf8("1"))
        .pax("GNU.sparse.minor", LayoutBuilder.utf8("0"))
        .pax("GNU.sparse.name", LayoutBuilder.utf8("s" + number))
        .pax("GNU.sparse.realsize", LayoutBuilder.utf8(String.valueOf(size)))
        .file("x", Arrays.copyOf(LayoutBuilder.utf8("1\n" + size + "\n0\n"), 512))
        .build();
  }

  private static byte[] files(int number) {
    TarBuilder tar = new TarBuilder();
    for (int i = 0; i < 99; i++) {
      tar.file(number + "." + i, "");
    }
    return tar.build();
  }

  @BeforeEach
  void start(@TempDir Path directory) throws Exception {
    root = directory.resolve("store");
    hosts = directory.resolve("certs.d");
    store = ImageStore.open(root, LIMITS, Platform.here());
    registry = ScriptedRegistry.start();
  }

  @AfterEach
  void end() {
    over.countDown();
    registry.close();
    store.close();
  }

  private static void serve(ScriptedRegistry by, String tag, byte[]... layers) {
    LayoutBuilder layout = new LayoutBuilder();
    String manifest = PullingNode.hex(layout.image("", "", layers));
    by.serving(layout, tag, requireNonNull(layout.files().get("blobs/sha256/" + manifest)));
  }

  private Image pull(String tag) throws Exception {
    Pulls pulls = new Pulls(store, new RegistryHosts(hosts), Duration.ofMinutes(1), 2);
    ImageReference name = ImageReference.parse(registry.host() + "/large:" + tag);
    return pulls.pull(name, new Credentials.Anonymous(), Call.OWN);
  }

  private long asked(byte[] layer) {
    return registry.asked(Digest.sha256(layer).hex());
  }

  /**
   * One worker waits for the lowest layer, the other brings what is above it: until the limit, or a
   * little further, where another layer is late.
   */
  @ParameterizedTest
  @EnumSource
  void whatIsAboveALateLayerIsCounted(Layer kind) throws Exception {
    List<byte[]> layers = new ArrayList<>(List.of(BASE));
    for (int i = 0; i < 8; i++) {
      layers.add(kind.make(i));
    }
    serve(registry, "1", layers.toArray(byte[][]::new));
    registry.mischief =
        exchange -> {
          String path = exchange.getRequestURI().getPath();
          if (Stream.of(0, 6).anyMatch(n -> path.endsWith(Digest.sha256(layers.get(n)).hex()))) {
            waitForTheEnd();
          }
          return false;
        };
    ImageException refused = catchThrowableOfType(ImageException.class, () -> pull("1"));
    assertThat(refused).hasMessageContaining(kind.key);
    assertThat(refused.kind()).isEqualTo(ImageException.Kind.REFUSED);
    assertThat(asked(layers.get(3))).isEqualTo(1);
    assertThat(asked(layers.get(7))).as("long after the limit").isZero();
    assertThat(root.resolve("staging")).isEmptyDirectory();
    assertThat(root.resolve("layers")).isEmptyDirectory();
  }

  private void waitForTheEnd() {
    try {
      boolean unused = over.await(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void whatIsOnTheNodeAlreadyIsCounted() throws Exception {
    serve(registry, "1", content(0), content(1));
    serve(registry, "2", content(0), content(1), content(2));
    Image first = pull("1");
    ImageException refused = catchThrowableOfType(ImageException.class, () -> pull("2"));
    assertThat(refused).hasMessageContaining("limits.image_bytes");
    assertThat(store.list()).containsExactly(first);
  }

  @Test
  void whatIsTakenBackIsNotCounted() throws Exception {
    serve(registry, "1", content(0), content(1));
    try (ScriptedRegistry mirror = ScriptedRegistry.start()) {
      Files.writeString(
          Files.createDirectories(hosts.resolve(registry.host())).resolve("hosts.toml"),
          "server = \"http://%s\"\n[host.\"http://%s\"]\n"
              .formatted(registry.host(), mirror.host()));
      serve(mirror, "1", content(0), content(1));
      byte[] wrong = content(2);
      mirror.mischief =
          exchange -> {
            boolean layer =
                exchange.getRequestURI().getPath().endsWith(Digest.sha256(content(1)).hex());
            if (layer) {
              ScriptedRegistry.answer(exchange, 200, wrong);
            }
            return layer;
          };
      assertThat(pull("1").chainIds()).hasSize(2);
      assertThat(mirror.asked(Digest.sha256(content(1)).hex())).isEqualTo(1);
      assertThat(asked(content(1))).isEqualTo(1);
    }
  }
}
