package dev.stockade.shim.registry;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.stockade.shim.call.Call;
import dev.stockade.shim.image.Digest;
import dev.stockade.shim.image.Image;
import dev.stockade.shim.image.ImageLimits;
import dev.stockade.shim.image.ImageReference;
import dev.stockade.shim.image.ImageStore;
import dev.stockade.shim.image.LayoutBuilder;
import dev.stockade.shim.image.Platform;
import dev.stockade.shim.image.TarBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Layers come at the same time, each once, and all or none of them stay. */
@Timeout(300)
final class ParallelLayersTest {
  private static final byte[] BASE =
      new TarBuilder().mode(02750).directory("deep").file("deep/base", "b".repeat(9000)).build();
  private static final byte[] TOP = new TarBuilder().file("deep/top", "t".repeat(9000)).build();
  private static final byte[] OTHER = new TarBuilder().file("other", "o".repeat(9000)).build();

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final CountDownLatch over = new CountDownLatch(1);
  private Path root;
  private Path hosts;
  private ImageStore store;
  private ScriptedRegistry registry;

  @BeforeEach
  void start(@TempDir Path directory) throws Exception {
    hosts = Files.createDirectory(directory.resolve("certs.d"));
    root = directory.resolve("store");
    store = ImageStore.open(root, ImageLimits.DEFAULT, Platform.here());
    registry = ScriptedRegistry.start();
  }

  @AfterEach
  void end() {
    over.countDown();
    threads.shutdownNow();
    registry.close();
    store.close();
  }

  private void serve(String tag, byte[]... layers) {
    serve(registry, tag, layers);
  }

  private static void serve(ScriptedRegistry by, String tag, byte[]... layers) {
    LayoutBuilder layout = new LayoutBuilder();
    serve(by, layout, layout.image("", "", layers), tag);
  }

  private static void serve(
      ScriptedRegistry by, LayoutBuilder layout, String manifest, String tag) {
    String file = "blobs/sha256/" + PullingNode.hex(manifest);
    by.serving(layout, tag, requireNonNull(layout.files().get(file)));
  }

  private Pulls pulls(int atOnce) {
    return new Pulls(store, new RegistryHosts(hosts), Duration.ofMinutes(5), atOnce);
  }

  private Image pull(Pulls pulls, String tag, Call call) throws Exception {
    return pulls.pull(
        ImageReference.parse(registry.host() + "/app:" + tag), new Credentials.Anonymous(), call);
  }

  private static boolean isOf(com.sun.net.httpserver.HttpExchange exchange, byte[] layer) {
    return exchange.getRequestURI().getPath().endsWith(Digest.sha256(layer).hex());
  }

  private static boolean await(CountDownLatch latch, int seconds) {
    try {
      return latch.await(seconds, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void requireEmptyStore() throws IOException {
    assertThat(store.list()).isEmpty();
    assertThat(root.resolve("layers")).isEmptyDirectory();
    assertThat(root.resolve("staging")).isEmptyDirectory();
    assertThat(root.resolve("blobs")).isEmptyDirectory();
  }

  @Test
  void theLowestLayerMayComeLast() throws Exception {
    serve("1", BASE, TOP, OTHER);
    CountDownLatch others = new CountDownLatch(2);
    registry.mischief =
        exchange -> {
          if (isOf(exchange, TOP) || isOf(exchange, OTHER)) {
            others.countDown();
          } else if (isOf(exchange, BASE)) {
            assertThat(await(others, 30)).isTrue();
          }
          return false;
        };
    Image image = pull(pulls(3), "1", Call.OWN);
    Path top = layer(image, 1).resolve("deep");
    assertThat(Files.getAttribute(top, "unix:mode")).as("as in the layer below").isEqualTo(042750);
    assertThat(Files.getLastModifiedTime(top))
        .isEqualTo(Files.getLastModifiedTime(layer(image, 0).resolve("deep")));
  }

  private Path layer(Image image, int number) {
    return root.resolve("layers/sha256-" + image.chainIds().get(number).hex() + "/fs");
  }

  @Test
  void noMoreAreAskedForThanAllowed() throws Exception {
    serve("1", BASE, TOP, OTHER);
    CountDownLatch all = new CountDownLatch(3);
    AtomicInteger now = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    registry.mischief =
        exchange -> {
          if (exchange.getRequestURI().getPath().contains("/manifests/")) {
            return false;
          }
          // Nobody has what he asks for yet, so nobody asks for the next thing.
          most.accumulateAndGet(now.incrementAndGet(), Math::max);
          if (Stream.of(BASE, TOP, OTHER).anyMatch(layer -> isOf(exchange, layer))) {
            all.countDown();
            boolean unused = await(all, 2);
          }
          now.decrementAndGet();
          return false;
        };
    pull(pulls(2), "1", Call.OWN);
    assertThat(most).hasValue(2);
  }

  @Test
  void aBadLayerEndsTheOthersAtOnce() throws Exception {
    serve("1", BASE, TOP, OTHER);
    CountDownLatch begun = new CountDownLatch(1);
    registry.mischief =
        exchange -> {
          if (isOf(exchange, BASE)) {
            ScriptedRegistry.breakOff(exchange, BASE, 600);
            begun.countDown();
            await(over, 60);
            return true;
          }
          if (isOf(exchange, OTHER)) {
            await(begun, 30);
            ScriptedRegistry.answer(exchange, 200, new byte[OTHER.length]);
            return true;
          }
          return false;
        };
    long from = System.nanoTime();
    assertThatThrownBy(() -> pull(pulls(3), "1", Call.OWN))
        .hasMessageContaining("layer " + Digest.sha256(OTHER) + ": ");
    assertThat(System.nanoTime() - from).isLessThan(TimeUnit.SECONDS.toNanos(15));
    requireEmptyStore();
  }

  @Test
  void aLayerOfTwoImagesIsTransferredOnce() throws Exception {
    serve("1", BASE, TOP);
    serve("2", BASE, OTHER);
    CountDownLatch both = new CountDownLatch(2);
    registry.mischief =
        exchange -> {
          if (isOf(exchange, BASE)) {
            await(both, 30);
          } else if (isOf(exchange, TOP) || isOf(exchange, OTHER)) {
            both.countDown();
          }
          return false;
        };
    Pulls pulls = pulls(3);
    Future<Image> one = threads.submit(() -> pull(pulls, "1", Call.OWN));
    Future<Image> other = threads.submit(() -> pull(pulls, "2", Call.OWN));
    assertThat(one.get().chainIds().get(0)).isEqualTo(other.get().chainIds().get(0));
    assertThat(registry.asked(Digest.sha256(BASE).hex())).isEqualTo(1);
  }

  /** Whoever has an image made can call its layers as those of others are called. */
  @Test
  void nobodyWaitsForALayerOfAnotherRegistry() throws Exception {
    serve("1", BASE, TOP);
    try (ScriptedRegistry slow = ScriptedRegistry.start()) {
      serve(slow, "1", BASE, OTHER);
      CountDownLatch begun = stall(slow, BASE);
      requireNoDelay(slow.host(), begun, "1");
    }
  }

  /** Nor for what the same registry has under another digest, be it only below the layer. */
  @Test
  void nobodyWaitsForAnotherFormOfALayer() throws Exception {
    serve("1", BASE, TOP);
    byte[] slow = LayoutBuilder.gzip(BASE);
    LayoutBuilder layout = new LayoutBuilder();
    String plain = layout.blob(LayoutBuilder.LAYER, TOP);
    String other = layout.blob(LayoutBuilder.LAYER + "+gzip", slow);
    String config = layout.blob(LayoutBuilder.CONFIG, LayoutBuilder.config("", BASE, TOP));
    String top = layout.manifest(config, List.of(other, plain), "");
    serve(registry, layout, top, "2");
    CountDownLatch begun = stall(registry, slow);
    requireNoDelay(registry.host(), begun, "2");
  }

  private CountDownLatch stall(ScriptedRegistry slow, byte[] layer) {
    CountDownLatch begun = new CountDownLatch(2);
    slow.mischief =
        exchange -> {
          if (isOf(exchange, layer)) {
            begun.countDown();
            await(over, 60);
          } else if (isOf(exchange, TOP) || isOf(exchange, OTHER)) {
            begun.countDown();
          }
          return false;
        };
    return begun;
  }

  /** The image of this registry comes while the slow one stands, and both are there at the end. */
  private void requireNoDelay(String host, CountDownLatch begun, String tag) throws Exception {
    Pulls pulls = pulls(3);
    ImageReference slow = ImageReference.parse(host + "/app:" + tag);
    Future<Image> other =
        threads.submit(() -> pulls.pull(slow, new Credentials.Anonymous(), Call.OWN));
    assertThat(await(begun, 30)).isTrue();
    Future<Image> own = threads.submit(() -> pull(pulls, "1", Call.OWN));
    Image image = own.get(20, TimeUnit.SECONDS);
    assertThat(other).isNotDone();
    over.countDown();
    assertThat(other.get(30, TimeUnit.SECONDS).chainIds().get(0))
        .isEqualTo(image.chainIds().get(0));
    Set<Digest> chains = new HashSet<>();
    store.list().forEach(each -> chains.addAll(each.chainIds()));
    try (Stream<Path> layers = Files.list(root.resolve("layers"))) {
      assertThat(layers).hasSameSizeAs(chains);
    }
    assertThat(root.resolve("staging")).isEmptyDirectory();
    assertThat(Files.readString(layer(image, 0).resolve("deep/base"))).hasSize(9000);
  }

  @Test
  void whoWaitsForALayerOfAnotherBringsItWhenThatOneGoesAway() throws Exception {
    serve("1", BASE, TOP);
    serve("2", BASE, OTHER);
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch second = new CountDownLatch(1);
    AtomicBoolean first = new AtomicBoolean(true);
    AtomicBoolean gone = new AtomicBoolean();
    registry.mischief =
        exchange -> {
          second.countDown();
          if (isOf(exchange, BASE) && first.getAndSet(false)) {
            ScriptedRegistry.breakOff(exchange, BASE, 600);
            begun.countDown();
            await(over, 200);
            return true;
          }
          return false;
        };
    Pulls pulls = pulls(1);
    Future<Image> one = threads.submit(() -> pull(pulls, "1", gone::get));
    assertThat(await(begun, 100)).isTrue();
    Future<Image> other = threads.submit(() -> pull(pulls, "2", Call.OWN));
    assertThat(await(second, 100)).isTrue();
    gone.set(true);
    assertThat(catchThrowable(one::get)).isInstanceOf(ExecutionException.class);
    assertThat(other.get().chainIds()).hasSize(2);
    assertThat(registry.asked(Digest.sha256(BASE).hex())).isEqualTo(2);
    try (Stream<Path> layers = Files.list(root.resolve("layers"))) {
      assertThat(layers).hasSize(2);
    }
  }
}
