package dev.stockade.shim.container;

import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.FileStatus;
import dev.stockade.launcher.linux.TreeLabels;
import dev.stockade.shim.call.Call;
import dev.stockade.shim.call.CallFailure;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The walks through volumes that are under way. Requests for one label on one volume share a walk,
 * which goes on while one of them waits; for another label they wait until it has ended. Safe for
 * use by many threads.
 */
final class LabelWalks {
  private static final long LOOK_MILLIS = 10;

  private final Map<Volume, Walk> walks = new HashMap<>();

  /** A volume through one of its mounts. */
  private record Volume(ProtectedPlaces.Inode inode, long mount) {}

  private static final class Walk {
    private final String label;
    private final FutureTask<Optional<TreeLabels.Tally>> work;
    private int waiting = 1;
    private volatile boolean abandoned;

    private Walk(Fd source, Path path, String label) {
      this.label = label;
      this.work =
          new FutureTask<>(
              () -> {
                try (source) {
                  return TreeLabels.give(source, path.toString(), label, () -> abandoned);
                }
              });
    }
  }

  /**
   * Returns when all of a volume has the label.
   *
   * @param held the volume; it stays the caller's
   */
  TreeLabels.Tally walk(Fd held, Path path, FileStatus status, String label, Call call)
      throws IOException, CallFailure, InterruptedException {
    Volume volume = new Volume(ProtectedPlaces.Inode.of(status), status.mountId());
    Walk walk = join(volume, held, path, label, call);
    try {
      return await(walk, call);
    } finally {
      leave(walk);
    }
  }

  private synchronized Walk join(Volume volume, Fd held, Path path, String label, Call call)
      throws IOException, CallFailure, InterruptedException {
    for (Walk there = walks.get(volume); there != null; there = walks.get(volume)) {
      if (there.label.equals(label) && !there.abandoned) {
        there.waiting++;
        return there;
      }
      wait(LOOK_MILLIS);
      call.proceed();
    }
    Walk walk = new Walk(held.duplicate(), path, label);
    Thread thread =
        new Thread(
            () -> {
              walk.work.run();
              ended(volume);
            },
            "volume-labels");
    thread.setDaemon(true);
    thread.start();
    walks.put(volume, walk);
    return walk;
  }

  private synchronized void ended(Volume volume) {
    walks.remove(volume);
    notifyAll();
  }

  private synchronized void leave(Walk walk) {
    walk.waiting--;
    walk.abandoned = walk.waiting == 0;
  }

  private static TreeLabels.Tally await(Walk walk, Call call)
      throws IOException, CallFailure, InterruptedException {
    while (true) {
      try {
        return walk.work.get(LOOK_MILLIS, TimeUnit.MILLISECONDS).orElseThrow();
      } catch (TimeoutException e) {
        call.proceed();
      } catch (ExecutionException e) {
        if (e.getCause() instanceof IOException failure) {
          throw failure;
        }
        throw new IllegalStateException(e.getCause());
      }
    }
  }
}
