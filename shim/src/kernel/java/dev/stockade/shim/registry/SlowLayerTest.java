package dev.stockade.shim.registry;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.net.httpserver.HttpExchange;
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
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A registry is slow, always in time for the progress that is asked of it: it gives a byte now and
 * then, and the layer would take for ever, or it gets on.
 */
@Timeout(300)
final class SlowLayerTest {
  private static final byte[] LAYER = new TarBuilder().file("f", "1").build();

  /** At fifty bytes a second it takes six hours. */
  private static final int LENGTH = 1 << 20;

  private static final long ALLOWED_SECONDS = 2;
  private static final int LIVING_PIECE = 16 << 10;
  private static final int LIVING_PIECES = 25;

  private ScriptedRegistry registry;
  private ImageStore store;
  private Path root;
  private Path hosts;

  /** What comes before there is any content, in hex. */
  private enum Form {
    PLAIN("", ""),
    GZIP("+gzip", "1f8b0808000000000000"),
    ZSTD("+zstd", "502a4d18ffffffff");

    private final String suffix;
    private final String head;

    Form(String suffix, String head) {
      this.suffix = suffix;
      this.head = head;
    }

    byte[] blob() {
      byte[] blob = new byte[LENGTH];
      Arrays.fill(blob, (byte) 'a');
      byte[] first = HexFormat.of().parseHex(head);
      System.arraycopy(first, 0, blob, 0, first.length);
      return blob;
    }
  }

  @BeforeEach
  void start(@TempDir Path directory) throws Exception {
    ImageLimits usual = ImageLimits.DEFAULT;
    ImageLimits limits =
        new ImageLimits(
            usual.documentBytes(),
            usual.imageBytes(),
            usual.layerBytes(),
            usual.layerEntries(),
            usual.layers(),
            usual.compressionRatio(),
            usual.images(),
            Duration.ofSeconds(ALLOWED_SECONDS));
    root = directory.resolve("store");
    hosts = directory.resolve("certs.d");
    store = ImageStore.open(root, limits, Platform.here());
    registry = ScriptedRegistry.start();
  }

  @AfterEach
  void end() {
    registry.close();
    store.close();
  }

  private static void dribble(HttpExchange exchange, byte[] blob, int piece, long millis)
      throws IOException {
    exchange.sendResponseHeaders(200, blob.length);
    OutputStream body = exchange.getResponseBody();
    try {
      for (int at = 0; at < blob.length; at += piece) {
        body.write(blob, at, Math.min(piece, blob.length - at));
        body.flush();
        Thread.sleep(millis);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void serve(ScriptedRegistry from, byte[] content, String suffix, byte[] blob) {
    LayoutBuilder layout = new LayoutBuilder();
    String config = layout.blob(LayoutBuilder.CONFIG, LayoutBuilder.config("", content));
    String layer = layout.blob(LayoutBuilder.LAYER + suffix, blob);
    String manifest = PullingNode.hex(layout.manifest(config, List.of(layer), ""));
    from.serving(layout, "1", requireNonNull(layout.files().get("blobs/sha256/" + manifest)));
  }

  /** It gives this blob a piece at a time. */
  private static void slowDown(ScriptedRegistry from, byte[] blob, int piece, long millis) {
    String slow = Digest.sha256(blob).hex();
    from.mischief =
        exchange -> {
          boolean asked = exchange.getRequestURI().getPath().endsWith(slow);
          if (asked) {
            dribble(exchange, blob, piece, millis);
          }
          return asked;
        };
  }

  private Image pull() throws Exception {
    Pulls pulls = new Pulls(store, new RegistryHosts(hosts), Duration.ofMinutes(1), 3);
    ImageReference name = ImageReference.parse(registry.host() + "/slow:1");
    return pulls.pull(name, new Credentials.Anonymous(), Call.OWN);
  }

  /** It takes more than twice the time that it may take to unpack. */
  @Test
  void itIsTakenWhenItGetsOn() throws Exception {
    byte[] content = new byte[LIVING_PIECES * LIVING_PIECE];
    new Random(7).nextBytes(content);
    byte[] layer = new TarBuilder().file("f", content).build();
    byte[] blob = LayoutBuilder.gzip(layer);
    serve(registry, layer, "+gzip", blob);
    slowDown(registry, blob, LIVING_PIECE, 200);
    long began = System.nanoTime();
    Image image = pull();
    assertThat(Duration.ofNanos(System.nanoTime() - began))
        .isGreaterThan(Duration.ofSeconds(2 * ALLOWED_SECONDS));
    assertThat(store.layers(image).get(0).resolve("f")).hasBinaryContent(content);
  }

  @ParameterizedTest
  @EnumSource
  void itIsRefusedWhenItDrips(Form form) throws Exception {
    byte[] blob = form.blob();
    serve(registry, LAYER, form.suffix, blob);
    slowDown(registry, blob, 1, 20);
    ImageException refused = catchThrowableOfType(ImageException.class, this::pull);
    assertThat(refused)
        .hasMessageContaining("layer " + Digest.sha256(LAYER))
        .hasMessageContaining("arrives too slowly: ")
        .hasMessageContaining(
            "where 16 KiB a second are the least after 2 s (limits.layer_timeout)");
    assertThat(refused.kind()).isEqualTo(ImageException.Kind.REFUSED);
    assertThat(root.resolve("staging")).isEmptyDirectory();
    assertThat(store.list()).isEmpty();
  }

  @Test
  void aMirrorThatDripsIsPassedOver() throws Exception {
    try (ScriptedRegistry mirror = ScriptedRegistry.start()) {
      Files.writeString(
          Files.createDirectories(hosts.resolve(registry.host())).resolve("hosts.toml"),
          "server = \"http://%s\"\n[host.\"http://%s\"]\n"
              .formatted(registry.host(), mirror.host()));
      serve(registry, LAYER, "", LAYER);
      serve(mirror, LAYER, "", LAYER);
      slowDown(mirror, LAYER, 1, 20);
      Image image = pull();
      String blob = Digest.sha256(LAYER).hex();
      assertThat(mirror.asked(blob)).isEqualTo(1);
      assertThat(registry.asked(blob)).isEqualTo(1);
      assertThat(store.layers(image).get(0).resolve("f")).hasContent("1");
    }
  }
}
