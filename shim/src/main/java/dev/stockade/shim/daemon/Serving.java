package dev.stockade.shim.daemon;

import dev.stockade.shim.config.Config;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;

/**
 * The life of a daemon process: start, tell whoever waits, serve until told to end, end in order.
 */
public final class Serving {
  private static final System.Logger LOG = System.getLogger(Serving.class.getName());

  private Serving() {}

  /**
   * Serves until the process is told to end.
   *
   * @param warden the static binary
   * @param version of this build
   */
  public static void until(Config config, Path warden, String version) throws Exception {
    Instant begun = ProcessHandle.current().info().startInstant().orElseGet(Instant::now);
    CountDownLatch told = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(1);
    Thread hook =
        new Thread(
            () -> {
              told.countDown();
              awaitQuietly(ended);
            },
            "end");
    try (Daemon daemon = Daemon.start(config, warden, version)) {
      Runtime.getRuntime().addShutdownHook(hook);
      LOG.log(
          System.Logger.Level.INFO,
          "ready at {0} after {1} ms",
          config.socket(),
          Duration.between(begun, Instant.now()).toMillis());
      ServiceState.ready();
      told.await();
      ServiceState.stopping();
      LOG.log(System.Logger.Level.INFO, "ending; what runs in {0} runs on", daemon);
    } finally {
      ended.countDown();
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
