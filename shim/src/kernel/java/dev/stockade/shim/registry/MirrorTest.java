package dev.stockade.shim.registry;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.sun.net.httpserver.HttpExchange;
import dev.stockade.shim.image.Digest;
import dev.stockade.shim.image.Image;
import dev.stockade.shim.image.LayoutBuilder;
import dev.stockade.shim.image.TarBuilder;
import dev.stockade.shim.journal.HeardJournal;
import dev.stockade.shim.registry.Credentials.Basic;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A mirror that fails or lies costs time, never the pull: the registry itself has the image. */
final class MirrorTest extends PullingNode {
  private static final byte[] OTHER = new TarBuilder().file("data", "y".repeat(300_000)).build();
  private static final Map<String, byte[]> WRONG =
      Map.of(
          "of the same size",
          OTHER,
          "a page",
          LayoutBuilder.utf8("<html>please log in</html>"),
          "longer",
          Arrays.copyOf(LAYER, LAYER.length + 512),
          "shorter",
          Arrays.copyOf(LAYER, LAYER.length - 512),
          "nothing",
          new byte[0]);

  private ScriptedRegistry mirror;
  private HeardJournal journal;

  @BeforeEach
  void mirror() throws Exception {
    mirror = ScriptedRegistry.start().serving(layout, "1", manifest);
    journal = new HeardJournal();
    hostsFile(
        registry.host(),
        "server = \"http://" + registry.host() + "\"\n[host.\"http://" + mirror.host() + "\"]\n");
  }

  @AfterEach
  void forget() {
    journal.close();
    mirror.close();
  }

  private static ScriptedRegistry.Mischief answering(String end, int status, byte[] content) {
    return answering(end, status, "text/html; charset=utf-8", content);
  }

  private static ScriptedRegistry.Mischief answering(
      String end, int status, String type, byte[] content) {
    return exchange -> {
      boolean meant = exchange.getRequestURI().getPath().endsWith(end);
      if (meant) {
        exchange.getResponseHeaders().set("Content-Type", type);
        ScriptedRegistry.answer(exchange, status, content);
      }
      return meant;
    };
  }

  private static byte[] wrong(String how) {
    return requireNonNull(WRONG.get(how));
  }

  /** What is on disk is what the manifest promised. */
  private void requirePulled(Image image) throws Exception {
    assertThat(image.tags()).hasToString("[" + name() + "]");
    assertThat(store.layers(image).get(0).resolve("data")).hasContent("x".repeat(300_000));
    assertThat(hosts.resolveSibling("store").resolve("staging")).isEmptyDirectory();
    assertThat(mirror.requests)
        .allSatisfy(r -> assertThat(r.getRequestHeaders()).doesNotContainKey("Authorization"));
  }

  @Test
  void whatIsAllRightComesFromTheMirrorAlone() throws Exception {
    requirePulled(pull(name(), NOBODY));
    assertThat(registry.requests).isEmpty();
    assertThat(journal.text()).isEmpty();
  }

  @Test
  void oneThatIsDownIsPassedOver() throws Exception {
    mirror.close();
    requirePulled(pull(name(), NOBODY));
    assertThat(journal.text()).containsOnlyOnce("a mirror failed").contains(mirror.host());
  }

  @ParameterizedTest
  @ValueSource(ints = {500, 502, 503, 429})
  void oneThatIsOverloadedIsNotAskedForEachPart(int status) throws Exception {
    mirror.mischief = answering("", status, new byte[0]);
    requirePulled(pull(name(), NOBODY));
    assertThat(mirror.requests).hasSize(2);
    assertThat(journal.text())
        .containsOnlyOnce("a mirror failed")
        .contains(mirror.host(), "answered " + status);
  }

  @Test
  void oneThatWantsRestIsLeftAtOnce() throws Exception {
    mirror.mischief =
        exchange -> {
          exchange.getResponseHeaders().set("Retry-After", "30");
          ScriptedRegistry.answer(exchange, 429, new byte[0]);
          return true;
        };
    requirePulled(pull(name(), NOBODY));
    assertThat(mirror.requests).hasSize(1);
    assertThat(journal.text()).contains("it wants rest for 30 s");
  }

  @Test
  void oneThatLacksALayerIsAskedForTheRest() throws Exception {
    mirror.mischief = answering(BLOB, 404, new byte[0]);
    requirePulled(pull(name(), NOBODY));
    assertThat(registry.requests).hasSize(1);
    assertThat(journal.text()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"of the same size", "a page", "longer", "shorter", "nothing"})
  void aWrongLayerIsHadFromTheRegistry(String wrong) throws Exception {
    mirror.mischief = answering(BLOB, 200, wrong(wrong));
    requirePulled(pull(name(), new Basic("user", "s3cret")));
    // What ends too soon is continued first, and then had anew.
    assertThat(registry.asked(BLOB)).isBetween(1L, 2L);
    assertThat(journal.text())
        .containsOnlyOnce("a mirror failed")
        .contains(mirror.host())
        .doesNotContain("s3cret");
  }

  /** The end of one and the beginning of the other: neither is known to have lied. */
  @Test
  void aLayerThatTheMirrorBeganWrongIsHadFromTheRegistryAlone() throws Exception {
    mirror.mischief =
        exchange -> {
          boolean meant = exchange.getRequestURI().getPath().endsWith(BLOB);
          if (meant && exchange.getRequestHeaders().getFirst("Range") == null) {
            ScriptedRegistry.breakOff(exchange, OTHER, 200_000);
          } else if (meant) {
            ScriptedRegistry.answer(exchange, 503, new byte[0]);
          }
          return meant;
        };
    requirePulled(pull(name(), NOBODY));
    assertThat(ranges()).containsExactly("bytes", "none");
  }

  private java.util.List<String> ranges() {
    return registry.requests.stream()
        .map(r -> r.getRequestHeaders().getFirst("Range"))
        .map(range -> range == null ? "none" : range.replaceFirst("=.*", ""))
        .toList();
  }

  @Test
  void oneThatAlwaysBreaksOffIsLeftInTheMiddle() throws Exception {
    mirror.mischief =
        exchange -> {
          boolean meant = exchange.getRequestURI().getPath().endsWith(BLOB);
          if (meant && exchange.getRequestHeaders().getFirst("Range") == null) {
            ScriptedRegistry.breakOff(exchange, LAYER, 200_000);
          } else if (meant) {
            promiseOnly(exchange);
          }
          return meant;
        };
    requirePulled(pull(name(), NOBODY));
    assertThat(ranges()).containsExactly("bytes");
    assertThat(journal.text()).contains(mirror.host());
  }

  private static void promiseOnly(HttpExchange exchange) throws java.io.IOException {
    exchange.sendResponseHeaders(206, 1000);
    exchange.getResponseBody().flush();
  }

  @Test
  void whatBothGiveWrongIsRefused() throws Exception {
    mirror.mischief = answering(BLOB, 200, OTHER);
    registry.mischief = answering(BLOB, 200, OTHER);
    Throwable failure = catchThrowable(() -> pull(name(), NOBODY));
    assertThat(failure).hasMessageContaining("has digest " + Digest.sha256(OTHER));
    assertThat(mirror.asked(BLOB)).isEqualTo(1);
    assertThat(registry.asked(BLOB)).isEqualTo(1);
    assertThat(store.list()).isEmpty();
  }

  @Test
  void aWrongManifestIsHadFromTheRegistry() throws Exception {
    Digest digest = Digest.sha256(manifest);
    mirror.mischief =
        answering(digest.hex(), 200, LayoutBuilder.MANIFEST, LayoutBuilder.utf8("{}"));
    Image image = pull(registry.host() + "/team/app@" + digest, NOBODY);
    assertThat(image.manifest()).contains(digest);
    assertThat(registry.asked(digest.hex())).isEqualTo(1);
    assertThat(journal.text()).containsOnlyOnce("a mirror failed").contains(mirror.host());
  }

  /** Something always comes, but the whole never does. */
  @Test
  void oneThatDribblesLosesItsTurn() throws Exception {
    mirror.mischief =
        exchange -> {
          exchange.getResponseHeaders().set("Content-Type", LayoutBuilder.MANIFEST);
          exchange.sendResponseHeaders(200, manifest.length);
          for (byte one : manifest) {
            exchange.getResponseBody().write(one);
            exchange.getResponseBody().flush();
            sleep();
          }
          return true;
        };
    requirePulled(pull(name(), NOBODY));
    assertThat(registry.asked("/manifests/1")).isEqualTo(1);
    assertThat(journal.text()).containsOnlyOnce("a mirror failed").contains(mirror.host());
  }

  private static void sleep() {
    try {
      Thread.sleep(100);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void aPageOfWhoWantsALoginIsNoManifest() throws Exception {
    mirror.mischief = answering("/1", 200, wrong("a page"));
    requirePulled(pull(name(), NOBODY));
    assertThat(journal.text()).contains("media type \\\"text/html\\\"");
  }

  @Test
  void ofSeveralEachIsTriedOnce() throws Exception {
    try (ScriptedRegistry second = ScriptedRegistry.start().serving(layout, "1", manifest)) {
      hostsFile(
          registry.host(),
          "server = \"http://%s\"\n[host.\"http://%s\"]\n[host.\"http://%s\"]\n"
              .formatted(registry.host(), mirror.host(), second.host()));
      mirror.mischief = answering(BLOB, 200, OTHER);
      second.mischief = answering(BLOB, 200, wrong("longer"));
      requirePulled(pull(name(), NOBODY));
      assertThat(mirror.asked(BLOB)).isEqualTo(1);
      assertThat(second.asked(BLOB)).isEqualTo(1);
    }
  }
}
