package dev.stockade.shim.registry;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.stockade.shim.call.Call;
import dev.stockade.shim.image.Digest;
import dev.stockade.shim.image.Image;
import dev.stockade.shim.image.ImageException;
import dev.stockade.shim.image.ImageLimits;
import dev.stockade.shim.image.ImageReference;
import dev.stockade.shim.image.ImageStore;
import dev.stockade.shim.image.LayoutBuilder;
import dev.stockade.shim.image.Platform;
import dev.stockade.shim.registry.Credentials.Basic;
import dev.stockade.shim.registry.Credentials.IdentityToken;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Images are had by tag, digest and platform, with credentials, from mirrors, by proxies. */
final class RegistryPullTest extends PullingNode {
  @Test
  void anImageIsKnownByWhatItWasAskedFor() throws Exception {
    Image image = pull(name(), NOBODY);
    assertThat(image.tags()).hasToString("[" + name() + "]");
    assertThat(image.digests())
        .hasToString("[" + registry.host() + "/team/app@" + Digest.sha256(manifest) + "]");
    assertThat(store.find(name())).isPresent();
    Image again = pull(registry.host() + "/team/app@" + Digest.sha256(manifest), NOBODY);
    assertThat(again.id()).isEqualTo(image.id());
    assertThat(registry.asked(BLOB)).as("what is there is not transferred again").isEqualTo(1);
  }

  /** Whatever this machine is. */
  @ParameterizedTest
  @ValueSource(strings = {"amd64", "arm64"})
  void anIndexLeadsToTheImageOfThePlatform(String own, @TempDir Path directory) throws Exception {
    String other = own.equals("amd64") ? "arm64" : "amd64";
    String mine = layout.imageFor(own, LAYER);
    String theirs = layout.imageFor(other, LAYER);
    byte[] index = LayoutBuilder.utf8(LayoutBuilder.index(theirs, mine));
    registry.serving(layout, "multi", index).serving(layout, "single", file(theirs));
    try (ImageStore there =
        ImageStore.open(
            directory.resolve("other"), ImageLimits.DEFAULT, new Platform("linux", own))) {
      Pulls pulls = new Pulls(there, new RegistryHosts(hosts), Duration.ofSeconds(5), 3);
      Image image =
          pulls.pull(ImageReference.parse(registry.host() + "/app:multi"), NOBODY, Call.OWN);
      assertThat(image.digests())
          .hasToString("[" + registry.host() + "/app@" + Digest.sha256(index) + "]");
      assertThat(image.manifest().orElseThrow().hex()).isEqualTo(hex(mine));
      assertThat(registry.asked(hex(theirs))).isZero();
      // A manifest says nothing itself; its config does.
      ImageReference single = ImageReference.parse(registry.host() + "/app:single");
      assertThatThrownBy(() -> pulls.pull(single, NOBODY, Call.OWN))
          .isInstanceOf(ImageException.class)
          .hasMessageContaining("is for \"linux/" + other + "\"; this node is linux/" + own);
    }
  }

  @Test
  void anIndexWithoutThePlatformIsRefusedWithWhatItHas() {
    String windows =
        layout.blob(
            LayoutBuilder.MANIFEST,
            LayoutBuilder.utf8("{}"),
            ",'platform':{'os':'windows','architecture':'amd64'}");
    byte[] index = LayoutBuilder.utf8(LayoutBuilder.index(windows));
    registry.serving(layout, "windows", index);
    assertThatThrownBy(() -> pull(registry.host() + "/app:windows", NOBODY))
        .isInstanceOf(ImageException.class)
        .hasMessageContaining(registry.host() + "/app:windows: has no image for linux/")
        .hasMessageContaining("only for \"windows/amd64\"");
  }

  private byte[] file(String descriptor) {
    return requireNonNull(layout.files().get("blobs/sha256/" + hex(descriptor)));
  }

  @Test
  void whatIsNotThereIsNotFound() {
    Throwable failure = catchThrowable(() -> pull(registry.host() + "/team/app:2", NOBODY));
    assertThat(kind(failure)).isEqualTo(RegistryException.Kind.NOT_FOUND);
  }

  @Test
  void aTokenIsFetchedWithTheCredentialsAndShownToTheRegistryAlone() throws Exception {
    try (ScriptedRegistry storage = ScriptedRegistry.start().serving(layout, "1", manifest)) {
      registry.mischief =
          exchange -> {
            String path = exchange.getRequestURI().getPath();
            String shown = exchange.getRequestHeaders().getFirst("Authorization");
            if (path.equals("/token")) {
              ScriptedRegistry.answer(exchange, 200, LayoutBuilder.utf8("{'token':'t0ken'}"));
            } else if (!"Bearer t0ken".equals(shown)) {
              challenge(
                  exchange, "Bearer realm=\"http://" + registry.host() + "/token\",service=\"s\"");
            } else if (path.contains("/blobs/")) {
              exchange.getResponseHeaders().set("Location", "http://" + storage.host() + path);
              ScriptedRegistry.answer(exchange, 307, new byte[0]);
            } else {
              return false;
            }
            return true;
          };
      pull(name(), new Basic("user", "pass"));
      assertThat(registry.shown("/token")).contains(new Basic("user", "pass").header());
      assertThat(registry.requests)
          .filteredOn(r -> r.getRequestURI().getPath().equals("/token"))
          .first()
          .satisfies(
              r ->
                  assertThat(r.getRequestURI().getQuery())
                      .isEqualTo("service=s&scope=repository:team/app:pull"));
      assertThat(storage.asked(BLOB)).isEqualTo(1);
      assertThat(storage.requests)
          .allSatisfy(r -> assertThat(r.getRequestHeaders()).doesNotContainKey("Authorization"));
    }
  }

  private static void challenge(com.sun.net.httpserver.HttpExchange exchange, String challenge)
      throws IOException {
    exchange.getResponseHeaders().set("WWW-Authenticate", challenge);
    ScriptedRegistry.answer(exchange, 401, new byte[0]);
  }

  @Test
  void anIdentityTokenIsExchanged() throws Exception {
    registry.mischief =
        exchange -> {
          String shown = exchange.getRequestHeaders().getFirst("Authorization");
          if (exchange.getRequestURI().getPath().equals("/token")) {
            String form =
                new String(
                    exchange.getRequestBody().readAllBytes(),
                    java.nio.charset.StandardCharsets.UTF_8);
            boolean sound =
                exchange.getRequestMethod().equals("POST")
                    && form.contains("grant_type=refresh_token")
                    && form.contains("refresh_token=id%2Btoken");
            ScriptedRegistry.answer(
                exchange, sound ? 200 : 400, LayoutBuilder.utf8("{'access_token':'given'}"));
            return true;
          }
          if (!"Bearer given".equals(shown)) {
            challenge(exchange, "Bearer realm=\"http://" + registry.host() + "/token\"");
            return true;
          }
          return false;
        };
    pull(name(), new IdentityToken("id+token"));
  }

  @Test
  void basicCredentialsAreShownWhenAskedFor() throws Exception {
    Basic right = new Basic("user", "pass");
    registry.mischief =
        exchange -> {
          boolean denied =
              !right.header().equals(exchange.getRequestHeaders().getFirst("Authorization"));
          if (denied) {
            challenge(exchange, "Basic realm=\"here\"");
          }
          return denied;
        };
    Throwable failure = catchThrowable(() -> pull(name(), new Basic("user", "wrong")));
    assertThat(kind(failure)).isEqualTo(RegistryException.Kind.DENIED);
    assertThat(failure.toString()).doesNotContain("wrong");
    pull(name(), right);
  }

  @Test
  void aMirrorIsAskedFirstAndNotShownCredentials() throws Exception {
    try (ScriptedRegistry mirror = ScriptedRegistry.start().serving(layout, "1", manifest)) {
      hostsFile(
          registry.host(),
          "server = \"http://"
              + registry.host()
              + "\"\n[host.\"http://"
              + mirror.host()
              + "\"]\ncapabilities = [\"pull\", \"resolve\"]\nheader = { X-From = \"node\" }\n");
      pull(name(), new Basic("user", "pass"));
      assertThat(registry.requests).isEmpty();
      assertThat(mirror.requests)
          .allSatisfy(
              r -> {
                assertThat(r.getRequestHeaders()).doesNotContainKey("Authorization");
                assertThat(r.getRequestHeaders().getFirst("X-From")).isEqualTo("node");
              });
    }
  }

  @Test
  void aMirrorWithoutTheImageIsPassedOver() throws Exception {
    try (ScriptedRegistry mirror = ScriptedRegistry.start()) {
      hostsFile(
          registry.host(),
          "server = \"http://" + registry.host() + "\"\n[host.\"http://" + mirror.host() + "\"]\n");
      pull(name(), NOBODY);
      assertThat(mirror.requests).isNotEmpty();
    }
  }

  /** What is for the proxy stays there, and what is for the registry goes on. */
  @Test
  void aRegistryWithoutTlsIsAskedThroughAProxy() throws Exception {
    String shown = new Basic("node", "pw").header();
    String named = name().replace("127.0.0.1", "registry.test");
    hostsFile(
        named.replaceFirst("/.*", ""),
        "server = \"http://" + named.replaceFirst("/.*", "") + "\"\n[header]\nX-Own = \"1\"\n");
    try (ForwardProxy proxy = new ForwardProxy(Optional.of(shown))) {
      Proxies proxies = Proxies.of(Map.of("http_proxy", "node:pw@" + proxy.address()));
      Pulls pulls = new Pulls(store, new RegistryHosts(hosts, proxies), Duration.ofSeconds(5), 3);
      Image image = pulls.pull(ImageReference.parse(named), NOBODY, Call.OWN);
      assertThat(image.tags()).hasToString("[" + named + "]");
      assertThat(proxy.heads)
          .hasSizeGreaterThan(2)
          .allMatch(head -> head.startsWith("GET http://"));
    }
    assertThat(registry.requests)
        .hasSizeGreaterThan(2)
        .allMatch(request -> !request.getRequestHeaders().containsKey("Proxy-Authorization"))
        .allMatch(request -> request.getRequestHeaders().containsKey("X-Own"));
  }
}
