package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.Pipe;
import dev.stockade.launcher.linux.Poller;
import dev.stockade.launcher.plan.FdSource.Stream;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A running process whose output is collected until its end or the end of its time. */
final class CapturedRun {
  private static final int KILL = 9;
  private static final Duration DEATH_LIMIT = Duration.ofSeconds(10);

  private final RunningProcess process;
  private final Poller poller;

  CapturedRun(RunningProcess process, Poller poller) {
    this.process = process;
    this.poller = poller;
  }

  Output await(Duration limit, int outputLimit) throws IOException {
    try (CapturedStreams streams =
        CapturedStreams.start(stream(Stream.STDOUT), stream(Stream.STDERR), outputLimit, poller)) {
      Optional<ExitStatus> status = exit(limit);
      if (status.isPresent()) {
        return streams.finish(status.get(), false);
      }
      process.signal(KILL);
      ExitStatus killed =
          exit(DEATH_LIMIT).orElseThrow(() -> new IOException(process + " cannot be killed"));
      return streams.finish(killed, true);
    } catch (InterruptedException e) {
      process.signal(KILL);
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while " + process + " was running", e);
    }
  }

  /**
   * The engine's end, or that of a pipe nobody writes where the plan does not capture the stream.
   */
  private Fd stream(Stream which) throws IOException {
    Optional<Fd> end = process.takeStream(which);
    if (end.isPresent()) {
      return end.get();
    }
    try (Pipe nothing = Pipe.open()) {
      return nothing.read().transfer();
    }
  }

  private Optional<ExitStatus> exit(Duration limit) throws InterruptedException, IOException {
    try {
      return Optional.of(
          limit.isZero()
              ? process.exit().get()
              : process.exit().get(limit.toNanos(), TimeUnit.NANOSECONDS));
    } catch (TimeoutException e) {
      return Optional.empty();
    } catch (ExecutionException e) {
      throw new IOException("the end of " + process + " is not known", e);
    }
  }
}
