package dev.stockade.shim.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stockade.shim.call.Call;
import dev.stockade.shim.image.Digest;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What was opened of a blob and is of no use is let go of, while the pull goes on. */
final class BlobHostsTest extends PullingNode {
  private final Watch watch = new Watch(Duration.ofMinutes(5), Call.OWN);

  private BlobHosts blob() throws RegistryException {
    Endpoint endpoint = Endpoint.plain(registry.host());
    Exchange exchange = new Exchange(endpoint, Proxies.NONE);
    EndpointClient client = new EndpointClient(endpoint, "team/app", exchange, NOBODY, watch);
    PullHosts last = new PullHosts(registry.host(), List.of(client));
    return new BlobHosts(last, Digest.sha256(LAYER), watch);
  }

  @Test
  void aBodyThatIsShorterThanItWasIsNotWatchedAnyMore() throws Exception {
    registry.mischief =
        exchange -> {
          ScriptedRegistry.answer(exchange, 200, Arrays.copyOf(LAYER, 1000));
          return true;
        };
    BlobHosts blob = blob();
    assertThatThrownBy(() -> blob.open(100_000)).hasMessageContaining("is shorter than it was");
    requireUnwatched();
  }

  @Test
  void norOneThatNobodyWaitsForAndNobodyHasClosed() throws Exception {
    var unused =
        new Watch(Duration.ofMinutes(5), () -> true).stream(java.io.InputStream.nullInputStream());
    requireUnwatched();
  }

  private static void requireUnwatched() throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (WatchedStream.watched() > 0 && System.nanoTime() < end) {
      Thread.sleep(50);
    }
    assertThat(WatchedStream.watched()).isZero();
  }
}
