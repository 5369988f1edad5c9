package dev.stockade.shim.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.sun.net.httpserver.HttpExchange;
import dev.stockade.shim.image.LayoutBuilder;
import dev.stockade.shim.registry.Credentials.Basic;
import dev.stockade.shim.registry.Credentials.IdentityToken;
import dev.stockade.shim.registry.Credentials.RegistryToken;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who is shown credentials, and who is not, whatever a host says. */
final class ShownCredentialsTest extends PullingNode {
  private static final Basic USER = new Basic("user", "s3cret");

  private static void challenge(HttpExchange exchange, String challenge) throws IOException {
    exchange.getResponseHeaders().set("WWW-Authenticate", challenge);
    ScriptedRegistry.answer(exchange, 401, new byte[0]);
  }

  private static String path(HttpExchange exchange) {
    return exchange.getRequestURI().getPath();
  }

  private static String shown(HttpExchange exchange) {
    return String.valueOf(exchange.getRequestHeaders().getFirst("Authorization"));
  }

  private static void redirect(HttpExchange exchange, String host) throws IOException {
    exchange.getResponseHeaders().set("Location", "http://" + host + path(exchange));
    ScriptedRegistry.answer(exchange, 307, new byte[0]);
  }

  private String realm(String host) {
    return "Bearer realm=\"http://" + host + "/token\",service=\"s\"";
  }

  private String port() {
    return registry.host().replaceFirst(".*:", "");
  }

  @Test
  void aRegistryTokenIsShownAsItIs() throws Exception {
    registry.mischief =
        exchange -> {
          boolean denied = !shown(exchange).equals("Bearer given");
          if (denied) {
            challenge(exchange, realm(registry.host()));
          }
          return denied;
        };
    pull(name(), new RegistryToken("given"));
    assertThat(registry.asked("/token")).isZero();
    Throwable failure = catchThrowable(() -> pull(name(), new RegistryToken("other")));
    assertThat(kind(failure)).isEqualTo(RegistryException.Kind.DENIED);
    assertThat(registry.asked("/token")).isZero();
  }

  /** CVE-2020-15157: whoever serves the blobs does not say where credentials go. */
  @ParameterizedTest
  @ValueSource(strings = {"Basic realm=\"storage\"", "Bearer realm=\"http://%s/token\""})
  void aChallengeOfWhoServesTheBlobsIsNotAnswered(String wanted) throws Exception {
    try (ScriptedRegistry storage = ScriptedRegistry.start()) {
      storage.mischief =
          exchange -> {
            challenge(exchange, wanted.formatted(storage.host()));
            return true;
          };
      registry.mischief =
          exchange -> {
            if (!shown(exchange).equals(USER.header())) {
              challenge(exchange, "Basic realm=\"here\"");
            } else if (path(exchange).contains("/blobs/")) {
              redirect(exchange, storage.host());
            } else {
              return false;
            }
            return true;
          };
      Throwable failure = catchThrowable(() -> pull(name(), USER));
      assertThat(kind(failure)).isEqualTo(RegistryException.Kind.DENIED);
      assertThat(failure)
          .hasMessageContaining("redirects to " + storage.host() + ", which answered 401");
      assertThat(storage.requests).isNotEmpty();
      assertThat(storage.requests)
          .allSatisfy(r -> assertThat(r.getRequestHeaders()).doesNotContainKey("Authorization"));
      assertThat(storage.asked("/token")).isZero();
    }
  }

  /** Where to on the registry it goes would be the other host's choice. */
  @Test
  void whoIsRedirectedBackIsShownNothing() throws Exception {
    try (ScriptedRegistry other = ScriptedRegistry.start()) {
      other.mischief =
          exchange -> {
            exchange.getResponseHeaders().set("Location", "http://" + registry.host() + "/chosen");
            ScriptedRegistry.answer(exchange, 307, new byte[0]);
            return true;
          };
      registry.mischief =
          exchange -> {
            if (path(exchange).equals("/chosen")) {
              ScriptedRegistry.answer(exchange, 200, LAYER);
            } else if (!shown(exchange).equals(USER.header())) {
              challenge(exchange, "Basic realm=\"here\"");
            } else if (path(exchange).endsWith(BLOB)) {
              redirect(exchange, other.host());
            } else {
              return false;
            }
            return true;
          };
      pull(name(), USER);
      assertThat(registry.asked("/chosen")).isEqualTo(1);
      assertThat(registry.shown("/chosen")).isEmpty();
    }
  }

  @Test
  void withoutTlsATokenServerOfAnotherHostIsShownNothing() throws Exception {
    registry.mischief =
        exchange -> {
          if (path(exchange).equals("/token")) {
            ScriptedRegistry.answer(exchange, 200, LayoutBuilder.utf8("{'token':'t0ken'}"));
          } else if (!shown(exchange).equals("Bearer t0ken")) {
            challenge(exchange, realm("localhost:" + port()));
          } else {
            return false;
          }
          return true;
        };
    for (Credentials credentials : new Credentials[] {USER, new IdentityToken("s3cret")}) {
      Throwable failure = catchThrowable(() -> pull(name(), credentials));
      assertThat(kind(failure)).isEqualTo(RegistryException.Kind.REFUSED);
      assertThat(failure)
          .hasMessageContaining("credentials to be shown to localhost:" + port() + " without TLS")
          .hasMessageNotContaining("s3cret");
    }
    assertThat(registry.asked("/token")).isZero();
    pull(name(), NOBODY);
    assertThat(registry.asked("/token")).isPositive();
    assertThat(registry.shown("/token")).isEmpty();
  }

  @Test
  void whereATokenServerRedirectsToNothingIsShown() throws Exception {
    try (ScriptedRegistry other = ScriptedRegistry.start()) {
      registry.mischief =
          exchange -> {
            if (path(exchange).equals("/token")) {
              redirect(exchange, other.host());
            } else {
              challenge(exchange, realm(registry.host()));
            }
            return true;
          };
      Throwable failure = catchThrowable(() -> pull(name(), USER));
      assertThat(kind(failure)).isEqualTo(RegistryException.Kind.REFUSED);
      assertThat(failure).hasMessageContaining("token server").hasMessageContaining("307");
      assertThat(other.requests).isEmpty();
    }
  }

  @Test
  void aTokenThatHasExpiredMeanwhileIsFetchedAgain() throws Exception {
    AtomicInteger tokens = new AtomicInteger();
    registry.mischief =
        exchange -> {
          String wanted = path(exchange).endsWith(BLOB) ? "Bearer t2" : "Bearer t1";
          if (path(exchange).equals("/token")) {
            String token = "{'token':'t" + tokens.incrementAndGet() + "'}";
            ScriptedRegistry.answer(exchange, 200, LayoutBuilder.utf8(token));
          } else if (!shown(exchange).equals(wanted)) {
            challenge(exchange, realm(registry.host()));
          } else {
            return false;
          }
          return true;
        };
    pull(name(), USER);
    assertThat(tokens).hasValue(2);
  }
}
