package dev.stockade.shim.daemon;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.net.httpserver.HttpExchange;
import dev.stockade.cri.v1.ImageSpec;
import dev.stockade.cri.v1.ListImagesRequest;
import dev.stockade.cri.v1.PullImageRequest;
import dev.stockade.shim.config.Config;
import dev.stockade.shim.image.Digest;
import dev.stockade.shim.image.LayoutBuilder;
import dev.stockade.shim.image.TarBuilder;
import dev.stockade.shim.registry.ScriptedRegistry;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Callers of PullImage that go away while a layer comes. */
@Timeout(180)
class PullCancelKernelTest {
  private static final byte[] WHOLE = new TarBuilder().file("a", "a".repeat(9000)).build();
  private static final byte[] SLOW = new TarBuilder().file("b", "b".repeat(2_000_000)).build();
  private static final int PIECE = 4096;

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final CountDownLatch begun = new CountDownLatch(1);
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile boolean slowly = true;
  private Config config;
  private Daemon daemon;
  private CriClient client;
  private ScriptedRegistry registry;
  private String image;

  @BeforeEach
  void start(@TempDir Path directory) throws Exception {
    config = Machine.config(directory);
    LayoutBuilder layout = LayoutBuilder.of("one:1", WHOLE, SLOW);
    byte[] index = requireNonNull(layout.files().get("index.json"));
    String hex =
        new String(index, StandardCharsets.UTF_8)
            .replaceFirst("(?s).*sha256:([0-9a-f]{64}).*", "$1");
    byte[] manifest = requireNonNull(layout.files().get("blobs/sha256/" + hex));
    registry = ScriptedRegistry.start().serving(layout, "1", manifest);
    registry.mischief = this::serveSlowly;
    image = registry.host() + "/app:1";
    daemon = Daemon.start(config, Machine.warden(), "test");
    client = new CriClient(config.socket(), directory.resolve("logs"));
  }

  /** A piece each tenth of a second, until whoever reads it has gone away. */
  private boolean serveSlowly(HttpExchange exchange) throws IOException {
    if (!exchange.getRequestURI().getPath().endsWith(Digest.sha256(SLOW).hex())) {
      return false;
    }
    exchange.sendResponseHeaders(200, SLOW.length);
    try {
      for (int at = 0; at < SLOW.length; at += PIECE) {
        int length = slowly ? Math.min(PIECE, SLOW.length - at) : SLOW.length - at;
        exchange.getResponseBody().write(SLOW, at, length);
        exchange.getResponseBody().flush();
        begun.countDown();
        if (!slowly) {
          break;
        }
        Thread.sleep(100);
      }
    } catch (IOException e) {
      ended.countDown();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return true;
  }

  @AfterEach
  void end() throws IOException {
    slowly = false;
    threads.shutdownNow();
    if (registry != null) {
      registry.close();
    }
    if (client != null) {
      client.close();
      daemon.close();
      assertThat(Machine.leftovers(config)).isEmpty();
    }
  }

  private String pull() {
    return client
        .images()
        .pullImage(
            PullImageRequest.newBuilder().setImage(ImageSpec.newBuilder().setImage(image)).build())
        .getImageRef();
  }

  private Future<String> pulling(Context caller) {
    return threads.submit(caller.wrap(this::pull));
  }

  private static void requireCancelled(Future<String> pull) {
    ExecutionException failure =
        catchThrowableOfType(ExecutionException.class, () -> pull.get(30, TimeUnit.SECONDS));
    assertThat(failure).isNotNull();
    assertThat(Status.fromThrowable(failure.getCause()).getCode()).isEqualTo(Status.Code.CANCELLED);
  }

  /** What is in the parts of the store that hold content and work. */
  private List<String> kept() throws IOException {
    List<String> kept = new ArrayList<>();
    for (String part : List.of("blobs", "layers", "records", "staging")) {
      try (Stream<Path> names = Files.list(config.root().resolve("images").resolve(part))) {
        names.map(Path::toString).forEach(kept::add);
      }
    }
    return kept;
  }

  @Test
  void theDownloadEndsAndNothingOfItStays() throws Exception {
    Context.CancellableContext caller = Context.current().withCancellation();
    Future<String> pull = pulling(caller);
    assertThat(begun.await(60, TimeUnit.SECONDS)).isTrue();
    assertThat(kept()).as("a layer on its way").isNotEmpty();
    caller.cancel(null);
    requireCancelled(pull);
    assertThat(ended.await(30, TimeUnit.SECONDS)).as("the connection is closed").isTrue();
    Wait.until("nothing to be kept", () -> kept().isEmpty());
    assertThat(client.images().listImages(ListImagesRequest.getDefaultInstance()).getImagesList())
        .isEmpty();
    slowly = false;
    assertThat(pull()).startsWith("sha256:");
  }

  @Test
  void aDeadlineIsTheSame() throws Exception {
    StatusRuntimeException late =
        catchThrowableOfType(
            StatusRuntimeException.class,
            () ->
                client
                    .images()
                    .withDeadlineAfter(3L * Wait.PATIENCE, TimeUnit.SECONDS)
                    .pullImage(
                        PullImageRequest.newBuilder()
                            .setImage(ImageSpec.newBuilder().setImage(image))
                            .build()));
    assertThat(late.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    Wait.until("nothing to be kept", () -> kept().isEmpty());
  }

  @Test
  void whoStaysGetsTheImageWhoeverGoesAway() throws Exception {
    Context.CancellableContext first = Context.current().withCancellation();
    Context.CancellableContext second = Context.current().withCancellation();
    Future<String> leader = pulling(first);
    assertThat(begun.await(60, TimeUnit.SECONDS)).isTrue();
    Future<String> waiter = pulling(second);
    Future<String> stays = pulling(Context.current());
    Wait.until("all three to wait for one pull", () -> waiting() == 3);
    second.cancel(null);
    requireCancelled(waiter);
    Wait.until("one to go away", () -> waiting() == 2);
    first.cancel(null);
    requireCancelled(leader);
    Wait.until("another to go away", () -> waiting() == 1);
    slowly = false;
    assertThat(stays.get(60, TimeUnit.SECONDS)).startsWith("sha256:");
    assertThat(registry.asked(Digest.sha256(SLOW).hex())).as("downloads").isEqualTo(1);
  }

  /** Threads of the daemon, which is in this process, that wait for a pull. */
  private static long waiting() {
    Map<Thread, StackTraceElement[]> all = Thread.getAllStackTraces();
    return all.values().stream().filter(PullCancelKernelTest::waits).count();
  }

  private static boolean waits(StackTraceElement[] stack) {
    return Arrays.stream(stack)
        .anyMatch(
            at -> (at.getClassName() + "." + at.getMethodName()).endsWith("SharedPull.await"));
  }
}
