package dev.stockade.shim.record;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.shim.record.NameReservations.Holder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class NameReservationsTest {
  private final NameReservations<String> names = new NameReservations<>();

  @Test
  void aNameHasOneHolder() throws InterruptedException {
    assertThat(names.claim("web", "a", Duration.ZERO)).isEmpty();
    assertThat(names.claim("web", "b", Duration.ZERO)).contains(new Holder("a", false));
    names.settle("web", "a");
    assertThat(names.claim("web", "b", Duration.ofSeconds(20))).contains(new Holder("a", true));
  }

  @Test
  void onlyTheHolderReleases() throws InterruptedException {
    assertThat(names.claim("web", "a", Duration.ZERO)).isEmpty();
    names.release("web", "b");
    assertThat(names.claim("web", "b", Duration.ZERO)).isPresent();
    names.release("web", "a");
    assertThat(names.claim("web", "b", Duration.ZERO)).isEmpty();
  }

  @Test
  void aRepetitionWaitsForTheFirstToEnd() throws Exception {
    assertThat(names.claim("web", "a", Duration.ZERO)).isEmpty();
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      Future<Optional<Holder>> second =
          threads.submit(() -> names.claim("web", "b", Duration.ofSeconds(20)));
      TimeUnit.MILLISECONDS.sleep(50);
      assertThat(second.isDone()).isFalse();
      names.settle("web", "a");
      assertThat(second.get()).contains(new Holder("a", true));
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void aRepetitionTakesOverWhenTheFirstFails() throws Exception {
    assertThat(names.claim("web", "a", Duration.ZERO)).isEmpty();
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      Future<Optional<Holder>> second =
          threads.submit(() -> names.claim("web", "b", Duration.ofSeconds(20)));
      names.release("web", "a");
      assertThat(second.get()).isEmpty();
      assertThat(names.claim("web", "c", Duration.ZERO)).contains(new Holder("b", false));
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void ofManyAtOnceExactlyOneWins() throws Exception {
    AtomicInteger winners = new AtomicInteger();
    List<Callable<Optional<Holder>>> calls = new ArrayList<>();
    for (int i = 0; i < 32; i++) {
      String id = "id" + i;
      calls.add(
          () -> {
            Optional<Holder> holder = names.claim("web", id, Duration.ofSeconds(20));
            if (holder.isEmpty()) {
              winners.incrementAndGet();
              names.settle("web", id);
            }
            return holder;
          });
    }
    ExecutorService threads = Executors.newFixedThreadPool(32);
    try {
      for (Future<Optional<Holder>> call : threads.invokeAll(calls)) {
        call.get();
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(winners).hasValue(1);
  }

  @Test
  void recoveryTakesEachNameOnce() {
    assertThat(names.restore("web", "a")).isTrue();
    assertThat(names.restore("web", "b")).isFalse();
  }
}
