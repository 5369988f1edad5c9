package dev.stockade.shim.cri;

import dev.stockade.shim.image.PullProgress;
import dev.stockade.v1.LayerStage;
import dev.stockade.v1.PullEvent;
import dev.stockade.v1.PulledLayer;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Tells whoever asked for a pull, ten times a second, which layers are further. */
final class PullReports implements AutoCloseable {
  private static final long EACH_MILLIS = 100;
  private static final ScheduledThreadPoolExecutor CLOCK = clock();

  private final PullProgress progress;
  private final ServerCallStreamObserver<PullEvent> watcher;
  private final Future<?> ticks;
  private List<PullProgress.Layer> told = List.of();
  private boolean over;

  /** Reports that end when they are closed; none is on its way then. */
  PullReports(PullProgress progress, ServerCallStreamObserver<PullEvent> watcher) {
    this.progress = progress;
    this.watcher = watcher;
    this.ticks =
        CLOCK.scheduleWithFixedDelay(this::tick, EACH_MILLIS, EACH_MILLIS, TimeUnit.MILLISECONDS);
  }

  private static ScheduledThreadPoolExecutor clock() {
    ScheduledThreadPoolExecutor clock =
        new ScheduledThreadPoolExecutor(
            1,
            work -> {
              Thread thread = new Thread(work, "pull-reports");
              thread.setDaemon(true);
              return thread;
            });
    clock.setRemoveOnCancelPolicy(true);
    return clock;
  }

  /** A watcher who is slow misses some. */
  private synchronized void tick() {
    if (!over && !watcher.isCancelled() && watcher.isReady()) {
      report();
    }
  }

  /** Tells what has not been told. */
  synchronized void last() {
    if (!watcher.isCancelled()) {
      report();
    }
  }

  private void report() {
    List<PullProgress.Layer> now = progress.layers();
    PullEvent.Builder event = PullEvent.newBuilder();
    for (int i = 0; i < now.size(); i++) {
      if (i >= told.size() || !told.get(i).equals(now.get(i))) {
        event.addLayers(message(i, now.get(i)));
      }
    }
    told = now;
    if (event.getLayersCount() > 0) {
      watcher.onNext(event.build());
    }
  }

  private static PulledLayer message(int number, PullProgress.Layer layer) {
    return PulledLayer.newBuilder()
        .setNumber(number)
        .setDigest(layer.digest().toString())
        .setSize(layer.size())
        .setReceived(layer.received())
        .setStage(
            switch (layer.stage()) {
              case WAITING -> LayerStage.LAYER_WAITING;
              case THERE -> LayerStage.LAYER_THERE;
              case ARRIVING -> LayerStage.LAYER_ARRIVING;
              case UNPACKED -> LayerStage.LAYER_UNPACKED;
              case DONE -> LayerStage.LAYER_DONE;
            })
        .build();
  }

  @Override
  public synchronized void close() {
    over = true;
    ticks.cancel(false);
  }
}
