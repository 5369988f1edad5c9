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
import dev.stockade.shim.registry.Credentials.Anonymous;
import dev.stockade.shim.registry.Credentials.Basic;
import dev.stockade.shim.registry.Credentials.IdentityToken;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images come whole from registries that redirect, break off, stall, lie and want credentials. */
final class RegistryPullTest {
  private static final byte[] LAYER = new TarBuilder().file("data", "x".repeat(300_000)).build();
  private static final String BLOB = Digest.sha256(LAYER).hex();
  private static final Credentials NOBODY = new Anonymous();

  private Path hosts;
  private ImageStore store;
  private ScriptedRegistry registry;
  private LayoutBuilder layout;
  private byte[] manifest;

  @BeforeEach
  void start(@TempDir Path directory) throws Exception {
    hosts = Files.createDirectory(directory.resolve("certs.d"));
    store = ImageStore.open(directory.resolve("store"), ImageLimits.DEFAULT, Platform.here());
    layout = new LayoutBuilder();
    String descriptor = layout.image("", "", LAYER);
    manifest = requireNonNull(layout.files().get("blobs/sha256/" + hex(descriptor)));
    registry = ScriptedRegistry.start().serving(layout, "1", manifest);
  }

  @AfterEach
  void end() {
    registry.close();
    store.close();
  }

  private static String hex(String descriptor) {
    return descriptor.replaceFirst("(?s).*sha256:([0-9a-f]{64}).*", "$1");
  }

  private Pulls pulls() {
    return new Pulls(store, new RegistryHosts(hosts), Duration.ofSeconds(1), 3);
  }

  private Image pull(String reference, Credentials credentials) throws Exception {
    return pulls().pull(ImageReference.parse(reference), credentials, Call.OWN);
  }

  private String name() {
    return registry.host() + "/team/app:1";
  }

  private void hostsFile(String host, String text) throws IOException {
    Files.writeString(Files.createDirectories(hosts.resolve(host)).resolve("hosts.toml"), text);
  }

  private static RegistryException.Kind kind(Throwable failure) {
    Throwable at = failure;
    while (at != null && !(at instanceof RegistryException)) {
      at = at.getCause();
    }
    assertThat(at).as("%s", failure).isNotNull();
    return ((RegistryException) at).kind();
  }

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

  @Test
  void anIndexLeadsToTheImageOfThisPlatform() throws Exception {
    String own = Platform.here().architecture();
    String other = own.equals("amd64") ? "arm64" : "amd64";
    String mine = layout.image("", platform(own), LAYER);
    String theirs = layout.blob(LayoutBuilder.MANIFEST, LayoutBuilder.utf8("{}"), platform(other));
    byte[] index = LayoutBuilder.utf8(LayoutBuilder.index(theirs, mine));
    registry.serving(layout, "multi", index);
    Image image = pull(registry.host() + "/app:multi", NOBODY);
    assertThat(image.digests())
        .hasToString("[" + registry.host() + "/app@" + Digest.sha256(index) + "]");
    assertThat(image.manifest().orElseThrow().hex()).isEqualTo(hex(mine));
  }

  private static String platform(String architecture) {
    return ",'platform':{'os':'linux','architecture':'" + architecture + "'}";
  }

  @Test
  void aTransferThatBreaksOffGoesOn() throws Exception {
    AtomicInteger times = new AtomicInteger();
    registry.mischief =
        exchange -> {
          boolean breaks =
              exchange.getRequestURI().getPath().endsWith(BLOB) && times.incrementAndGet() == 1;
          if (breaks) {
            ScriptedRegistry.breakOff(exchange, LAYER, 100_000);
          }
          return breaks;
        };
    pull(name(), NOBODY);
    assertThat(registry.requests.get(registry.requests.size() - 1).getRequestHeaders())
        .containsEntry("Range", List.of("bytes=100000-"));
  }

  @Test
  void aHostThatKnowsNoRangesIsPassedOver() throws Exception {
    AtomicInteger times = new AtomicInteger();
    registry.mischief =
        exchange -> {
          if (!exchange.getRequestURI().getPath().endsWith(BLOB)) {
            return false;
          }
          if (times.incrementAndGet() == 1) {
            ScriptedRegistry.breakOff(exchange, LAYER, 100_000);
          } else {
            ScriptedRegistry.answer(exchange, 200, LAYER);
          }
          return true;
        };
    assertThat(pull(name(), NOBODY).bytes()).isGreaterThan(300_000);
  }

  @Test
  void aTransferThatStallsGoesOn() throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    AtomicInteger times = new AtomicInteger();
    registry.mischief =
        exchange -> {
          boolean stalls =
              exchange.getRequestURI().getPath().endsWith(BLOB) && times.incrementAndGet() == 1;
          if (stalls) {
            ScriptedRegistry.breakOff(exchange, LAYER, 50_000);
            await(over);
          }
          return stalls;
        };
    pull(name(), NOBODY);
    assertThat(times.get()).isEqualTo(2);
    over.countDown();
  }

  private static void await(CountDownLatch latch) {
    try {
      boolean unused = latch.await(30, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void anOverloadedHostIsAskedAgain() throws Exception {
    AtomicInteger times = new AtomicInteger();
    registry.mischief =
        exchange -> {
          int time = times.incrementAndGet();
          if (time <= 2) {
            ScriptedRegistry.answer(exchange, time == 1 ? 503 : 429, new byte[0]);
          }
          return time <= 2;
        };
    pull(name(), NOBODY);
  }

  @Test
  void aHostThatNeverAnswersIsUnavailable() throws Exception {
    String gone = registry.host();
    registry.close();
    Throwable failure = catchThrowable(() -> pull(gone + "/app:1", NOBODY));
    assertThat(kind(failure)).isEqualTo(RegistryException.Kind.UNAVAILABLE);
    assertThat(failure).hasMessageContaining(gone);
    assertThat(store.list()).isEmpty();
  }

  @Test
  void contentOfAnotherDigestIsRefused() {
    byte[] other = new TarBuilder().file("data", "y".repeat(300_000)).build();
    registry.mischief = answering(BLOB, other);
    assertThatThrownBy(() -> pull(name(), NOBODY)).hasMessageContaining("has digest");
    registry.mischief = answering(Digest.sha256(manifest).hex(), LayoutBuilder.utf8("{}"));
    assertThatThrownBy(() -> pull(registry.host() + "/app@" + Digest.sha256(manifest), NOBODY))
        .hasMessageContaining("digest");
    assertThat(store.list()).isEmpty();
  }

  private static ScriptedRegistry.Mischief answering(String end, byte[] content) {
    return exchange -> {
      boolean meant = exchange.getRequestURI().getPath().endsWith(end);
      if (meant) {
        exchange.getResponseHeaders().set("Content-Type", LayoutBuilder.MANIFEST);
        ScriptedRegistry.answer(exchange, 200, content);
      }
      return meant;
    };
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

  @Test
  void onePullServesAllWhoAskForIt() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    registry.mischief =
        exchange -> {
          if (exchange.getRequestURI().getPath().endsWith(BLOB)) {
            await(begun);
          }
          return false;
        };
    Pulls pulls = pulls();
    ExecutorService threads = Executors.newFixedThreadPool(3);
    try {
      ImageReference reference = ImageReference.parse(name());
      List<Future<Image>> images =
          java.util.stream.Stream.generate(
                  () -> threads.submit(() -> pulls.pull(reference, NOBODY, Call.OWN)))
              .limit(3)
              .toList();
      begun.countDown();
      for (Future<Image> image : images) {
        assertThat(image.get(30, TimeUnit.SECONDS).tags()).isNotEmpty();
      }
      assertThat(registry.asked(BLOB)).isEqualTo(1);
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void whoGoesAwayLeavesNothing() throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    CountDownLatch begun = new CountDownLatch(1);
    AtomicBoolean gone = new AtomicBoolean();
    registry.mischief =
        exchange -> {
          if (exchange.getRequestURI().getPath().endsWith(BLOB)) {
            ScriptedRegistry.breakOff(exchange, LAYER, 50_000);
            begun.countDown();
            await(over);
          }
          return false;
        };
    Pulls pulls = new Pulls(store, new RegistryHosts(hosts), Duration.ofMinutes(5), 3);
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try {
      Future<?> pull =
          thread.submit(() -> pulls.pull(ImageReference.parse(name()), NOBODY, gone::get));
      assertThat(begun.await(30, TimeUnit.SECONDS)).isTrue();
      gone.set(true);
      assertThatThrownBy(() -> pull.get(20, TimeUnit.SECONDS))
          .hasCauseInstanceOf(InterruptedException.class);
      thread.shutdown();
      assertThat(thread.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
    } finally {
      over.countDown();
    }
    assertThat(store.list()).isEmpty();
    assertThat(store.find(name())).isEqualTo(Optional.empty());
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
