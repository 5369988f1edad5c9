package dev.stockade.shim.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.stockade.shim.call.Call;
import dev.stockade.shim.image.Digest;
import dev.stockade.shim.image.Image;
import dev.stockade.shim.image.ImageReference;
import dev.stockade.shim.image.LayoutBuilder;
import dev.stockade.shim.image.TarBuilder;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Images come whole from registries that break off, stall, are overloaded and lie. */
final class RegistryTransferTest extends PullingNode {
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
    String range =
        registry.requests.get(registry.requests.size() - 1).getRequestHeaders().getFirst("Range");
    // What was under way when the connection broke is lost.
    assertThat(Integer.parseInt(range.replaceAll("\\D", ""))).isBetween(1, 100_000);
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
  void aHostThatWantsRestGetsIt() throws Exception {
    AtomicInteger times = new AtomicInteger();
    registry.mischief =
        exchange -> {
          int time = times.incrementAndGet();
          if (time == 1) {
            exchange.getResponseHeaders().set("Retry-After", "3");
            ScriptedRegistry.answer(exchange, 503, new byte[0]);
          }
          return time == 1;
        };
    long from = System.nanoTime();
    pull(name(), NOBODY);
    assertThat(System.nanoTime() - from).isGreaterThan(TimeUnit.SECONDS.toNanos(3) - 1);
  }

  /** A pull does not wait an hour, nor is the host asked before. */
  @Test
  void aHostThatWantsLongRestIsNotAskedAgain() {
    registry.mischief =
        exchange -> {
          boolean meant = exchange.getRequestURI().getPath().endsWith(BLOB);
          if (meant) {
            exchange.getResponseHeaders().set("Retry-After", "3600");
            ScriptedRegistry.answer(exchange, 429, new byte[0]);
          }
          return meant;
        };
    Throwable failure = catchThrowable(() -> pull(name(), NOBODY));
    assertThat(kind(failure)).isEqualTo(RegistryException.Kind.UNAVAILABLE);
    assertThat(failure).hasMessageContaining("answered 429; it wants rest for 3600 s");
    assertThat(registry.asked(BLOB)).isEqualTo(1);
  }

  @Test
  void aHostThatIsGoneIsUnavailable() throws Exception {
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
}
