package dev.stockade.shim.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stockade.shim.call.Call;
import dev.stockade.shim.image.Image;
import dev.stockade.shim.image.ImageReference;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Several callers of one pull, of whom some go away. */
@Timeout(120)
final class SharedPullTest extends PullingNode {
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final CountDownLatch begun = new CountDownLatch(1);
  private final CountDownLatch goOn = new CountDownLatch(1);
  private Pulls pulls;

  /** Somebody who waits, which is known once he has been asked whether he still does. */
  private static final class Caller implements Call {
    private final CountDownLatch waits = new CountDownLatch(1);
    private volatile boolean gone;

    @Override
    public boolean cancelled() {
      waits.countDown();
      return gone;
    }
  }

  @BeforeEach
  void slowly() {
    pulls = new Pulls(store, new RegistryHosts(hosts), Duration.ofMinutes(5), 3);
    registry.mischief =
        exchange -> {
          if (exchange.getRequestURI().getPath().endsWith(BLOB)) {
            exchange.sendResponseHeaders(200, LAYER.length);
            exchange.getResponseBody().write(LAYER, 0, 50_000);
            exchange.getResponseBody().flush();
            begun.countDown();
            await(goOn);
            exchange.getResponseBody().write(LAYER, 50_000, LAYER.length - 50_000);
            exchange.getResponseBody().flush();
            return true;
          }
          return false;
        };
  }

  @AfterEach
  void stop() {
    goOn.countDown();
    threads.shutdownNow();
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Future<Image> begin(Caller caller) throws Exception {
    ImageReference reference = ImageReference.parse(name());
    Future<Image> image = threads.submit(() -> pulls.pull(reference, NOBODY, caller));
    await(caller.waits);
    return image;
  }

  private static void requireGone(Future<Image> image) {
    assertThatThrownBy(() -> image.get(30, TimeUnit.SECONDS))
        .hasCauseInstanceOf(InterruptedException.class);
  }

  @Test
  void theFirstGoesOnWhenAnotherGoesAway() throws Exception {
    Future<Image> first = begin(new Caller());
    await(begun);
    Caller second = new Caller();
    Future<Image> other = begin(second);
    second.gone = true;
    requireGone(other);
    goOn.countDown();
    assertThat(first.get(30, TimeUnit.SECONDS).tags()).isNotEmpty();
    assertThat(registry.asked(BLOB)).isEqualTo(1);
  }

  /** And nothing is transferred again for those who stay. */
  @Test
  void theOthersGetTheImageWhenTheFirstGoesAway() throws Exception {
    Caller leader = new Caller();
    Future<Image> first = begin(leader);
    await(begun);
    Future<Image> other = begin(new Caller());
    leader.gone = true;
    requireGone(first);
    goOn.countDown();
    assertThat(other.get(30, TimeUnit.SECONDS).tags()).isNotEmpty();
    assertThat(registry.asked(BLOB)).isEqualTo(1);
  }

  @Test
  void itEndsWhenAllHaveGoneAwayAndTheNextOneBeginsAnew() throws Exception {
    Caller leader = new Caller();
    Caller second = new Caller();
    Future<Image> first = begin(leader);
    await(begun);
    Future<Image> other = begin(second);
    leader.gone = true;
    second.gone = true;
    requireGone(first);
    requireGone(other);
    assertThat(store.list()).isEmpty();
    goOn.countDown();
    assertThat(begin(new Caller()).get(30, TimeUnit.SECONDS).tags()).isNotEmpty();
    assertThat(registry.asked(BLOB)).isEqualTo(2);
  }

  /** As on a node that has no threads left for a moment. */
  private static Thread noThread(Runnable work) {
    return new Thread(work) {
      @Override
      public synchronized void start() {
        throw new OutOfMemoryError("unable to create native thread");
      }
    };
  }

  @Test
  void oneThatCannotBeginIsNotInTheWayOfTheNext() throws Exception {
    registry.mischief = exchange -> false;
    AtomicBoolean full = new AtomicBoolean(true);
    Pulls busy =
        new Pulls(
            store,
            new RegistryHosts(hosts),
            Duration.ofMinutes(5),
            3,
            work -> full.getAndSet(false) ? noThread(work) : new Thread(work));
    ImageReference reference = ImageReference.parse(name());
    assertThatThrownBy(() -> busy.pull(reference, NOBODY, Call.OWN))
        .hasRootCauseInstanceOf(OutOfMemoryError.class);
    assertThat(busy.pull(reference, NOBODY, Call.OWN).tags()).isNotEmpty();
  }

  @Test
  void whoAsksWithOtherCredentialsAsksForHimself() throws Exception {
    Future<Image> first = begin(new Caller());
    await(begun);
    goOn.countDown();
    pulls.pull(ImageReference.parse(name()), new Credentials.Basic("user", "pass"), Call.OWN);
    first.get(30, TimeUnit.SECONDS);
    assertThat(registry.asked("/manifests/1")).isEqualTo(2);
  }
}
