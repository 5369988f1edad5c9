package dev.stockade.shim.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.sun.net.httpserver.HttpExchange;
import dev.stockade.shim.call.Call;
import dev.stockade.shim.image.Image;
import dev.stockade.shim.image.ImageReference;
import dev.stockade.shim.image.LayoutBuilder;
import dev.stockade.shim.registry.Credentials.Basic;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A host that begins an answer, or only a connection, and then says nothing more. */
final class StallingHostTest extends PullingNode {
  private static final Basic USER = new Basic("user", "s3cret");
  private static final int NO_ANSWER = 0;

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final CountDownLatch begun = new CountDownLatch(1);
  private final CountDownLatch over = new CountDownLatch(1);

  /** What still waits for a host, because the test has failed, ends with the host. */
  @AfterEach
  void release() {
    over.countDown();
    threads.shutdownNow();
  }

  private boolean silence() {
    begun.countDown();
    try {
      boolean unused = over.await(10, TimeUnit.MINUTES);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return true;
  }

  /** Headers, and nothing of the content that they promise. */
  private boolean stall(HttpExchange exchange, int status) throws IOException {
    exchange.sendResponseHeaders(status, 100);
    exchange.getResponseBody().flush();
    return silence();
  }

  private static boolean isFor(HttpExchange exchange, String end) {
    return exchange.getRequestURI().getPath().endsWith(end);
  }

  private static boolean shows(HttpExchange exchange, String authorization) {
    return authorization.equals(exchange.getRequestHeaders().getFirst("Authorization"));
  }

  private Future<Image> begin(Pulls pulls, Credentials credentials, Call call) {
    return threads.submit(() -> pulls.pull(ImageReference.parse(name()), credentials, call));
  }

  /** Of a pull with a patience of a second, and all the tries that a last host gets. */
  private Image pulled(Credentials credentials) throws Exception {
    return begin(pulls(), credentials, Call.OWN).get(150, TimeUnit.SECONDS);
  }

  private void stallingTokens(int status) {
    registry.mischief =
        exchange -> {
          if (isFor(exchange, "/token")) {
            return stall(exchange, status);
          }
          exchange
              .getResponseHeaders()
              .set("WWW-Authenticate", "Bearer realm=\"http://" + registry.host() + "/token\"");
          ScriptedRegistry.answer(exchange, 401, new byte[0]);
          return true;
        };
  }

  @Test
  void aHostThatNeverAnswersIsUnavailable() {
    registry.mischief = exchange -> silence();
    Future<?> answer =
        threads.submit(
            () -> {
              Endpoint endpoint = Endpoint.plain(registry.host());
              return new Exchange(endpoint, Proxies.NONE, Duration.ofSeconds(1))
                  .send(HttpRequest.newBuilder(endpoint.uri("app", "manifests", "1")));
            });
    Throwable failure = catchThrowable(() -> answer.get(50, TimeUnit.SECONDS));
    assertThat(registry.requests).hasSize(1);
    assertThat(kind(failure)).isEqualTo(RegistryException.Kind.UNAVAILABLE);
    assertThat(failure).hasMessageContaining(registry.host()).hasMessageContaining("timed out");
  }

  @Test
  void aRefusalNeedsNoWords() {
    registry.mischief = exchange -> stall(exchange, 404);
    Throwable failure = catchThrowable(() -> pulled(NOBODY));
    assertThat(kind(failure)).isEqualTo(RegistryException.Kind.NOT_FOUND);
    assertThat(failure).hasMessageContaining(registry.host()).hasMessageContaining("answered 404");
  }

  @Test
  void aChallengeNeedsNoWords() throws Exception {
    registry.mischief =
        exchange -> {
          if (shows(exchange, USER.header())) {
            return false;
          }
          exchange.getResponseHeaders().set("WWW-Authenticate", "Basic realm=\"here\"");
          return stall(exchange, 401);
        };
    assertThat(pulled(USER).tags()).isNotEmpty();
  }

  @Test
  void aRedirectNeedsNoWords() throws Exception {
    registry.mischief =
        exchange -> {
          boolean meant = isFor(exchange, "app/blobs/sha256:" + BLOB);
          if (meant) {
            exchange.getResponseHeaders().set("Location", "/v2/else/blobs/sha256:" + BLOB);
          }
          return meant && stall(exchange, 302);
        };
    assertThat(pulled(NOBODY).tags()).isNotEmpty();
  }

  @Test
  void aTokenServerThatStallsIsUnavailable() {
    stallingTokens(200);
    Throwable failure = catchThrowable(() -> pulled(USER));
    assertThat(kind(failure)).isEqualTo(RegistryException.Kind.UNAVAILABLE);
    assertThat(failure).hasMessageContaining(registry.host());
  }

  @Test
  void aDocumentThatStallsIsOfAHostThatIsUnavailable() {
    registry.mischief =
        exchange -> {
          exchange.getResponseHeaders().set("Content-Type", LayoutBuilder.MANIFEST);
          return stall(exchange, 200);
        };
    Throwable failure = catchThrowable(() -> pulled(NOBODY));
    assertThat(kind(failure)).isEqualTo(RegistryException.Kind.UNAVAILABLE);
    assertThat(failure).hasMessageContaining(registry.host());
  }

  @ParameterizedTest
  @ValueSource(ints = {NO_ANSWER, 404, 401, 302, 200})
  void whoGoesAwayDoesNotWaitForIt(int status) throws Exception {
    if (status == 200) {
      stallingTokens(status);
    } else {
      registry.mischief =
          exchange -> {
            exchange.getResponseHeaders().set("Location", "/v2/");
            exchange.getResponseHeaders().set("WWW-Authenticate", "Basic realm=\"here\"");
            return status == NO_ANSWER ? silence() : stall(exchange, status);
          };
    }
    AtomicBoolean gone = new AtomicBoolean();
    Pulls patient = new Pulls(store, new RegistryHosts(hosts), Duration.ofMinutes(5), 3);
    Future<Image> pull = begin(patient, USER, gone::get);
    assertThat(begun.await(100, TimeUnit.SECONDS)).isTrue();
    gone.set(true);
    assertThatThrownBy(() -> pull.get(50, TimeUnit.SECONDS))
        .hasCauseInstanceOf(InterruptedException.class);
  }
}
