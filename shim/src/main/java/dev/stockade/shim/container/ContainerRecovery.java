package dev.stockade.shim.container;

import dev.stockade.launcher.engine.ExitStatus;
import dev.stockade.launcher.engine.RecoveredProcess;
import dev.stockade.launcher.engine.RunningProcess;
import dev.stockade.launcher.spec.HookStage;
import dev.stockade.shim.call.CallFailure;
import dev.stockade.shim.call.Refusals;
import dev.stockade.shim.image.ImageException;
import dev.stockade.shim.node.Node;
import dev.stockade.shim.record.RecordStore;
import dev.stockade.shim.record.Stored;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Finds the containers of an earlier daemon again: those that run, and those that ended meanwhile
 * with code and time.
 */
final class ContainerRecovery {
  private static final System.Logger LOG = System.getLogger(ContainerRecovery.class.getName());
  private static final int UNKNOWN_CODE = 255;
  private static final int DEATH_SECONDS = 10;

  private final Node node;
  private final Containers containers;
  private final ContainerEnds ends;
  private final ContainerUpdate limits;

  /** What was known of those of which nothing is known now. */
  private final Map<String, ContainerState> lost = new ConcurrentHashMap<>();

  ContainerRecovery(Node node, Containers containers, ContainerEnds ends, ContainerUpdate limits) {
    this.node = node;
    this.containers = containers;
    this.ends = ends;
    this.limits = limits;
  }

  void run() throws IOException, ImageException {
    RecordStore.Inventory<ContainerRecord, ContainerState> inventory = containers.records().load();
    for (RecordStore.Damage damage : inventory.damaged()) {
      LOG.log(
          System.Logger.Level.ERROR,
          "{0} is no record of a container and is left alone: {1}",
          damage.directory(),
          damage.reason());
    }
    Set<String> known = new HashSet<>();
    for (Stored<ContainerRecord, ContainerState> stored : inventory.records()) {
      known.add(stored.id());
      try {
        recover(stored);
      } catch (IOException e) {
        LOG.log(System.Logger.Level.ERROR, "cannot recover container " + stored.id(), e);
      }
    }
    if (inventory.damaged().isEmpty()) {
      new ContainerRemoval(node, containers).removeStrays(known);
    }
  }

  private void recover(Stored<ContainerRecord, ContainerState> stored) throws IOException {
    ContainerRecord record = stored.record();
    ContainerState was = stored.state();
    ContainerState state = was == null ? ContainerState.created(record.createdAt()) : was;
    Container container =
        new Container(stored.id(), record, record.decodeConfig(), record.decodeSpec(), state);
    container.state(state);
    limits.restore(container);
    ContainerLabels.hold(node.selinux(), container.spec());
    containers.index().add(container.id(), container);
    if (!containers.names().restore(ContainerName.of(container), container.id())) {
      LOG.log(System.Logger.Level.WARNING, "{0} has the name of another one", container);
    }
    try {
      follow(container);
    } catch (IOException e) {
      LOG.log(System.Logger.Level.ERROR, "cannot find out what became of " + container, e);
      lose(container, e);
    }
  }

  /** A container that may run keeps its place and its name, whatever can be known of it. */
  private void lose(Container container, IOException e) {
    ContainerState was = container.state();
    lost.put(container.id(), was);
    String message = String.valueOf(e.getMessage());
    container.state(was.with(was.life().unknown(message)));
  }

  /** Tries again to find out what became of a container, if that is not known. */
  void settle(Container container) throws CallFailure {
    container.lock().lock();
    try {
      ContainerState was = lost.remove(container.id());
      if (was != null) {
        container.state(was);
        follow(container);
      }
    } catch (IOException e) {
      lose(container, e);
      throw Refusals.of("find out what became of " + container, e);
    } finally {
      container.lock().unlock();
    }
  }

  /**
   * A container that was not started has no directory of this boot. One whose directory is there
   * was started, even if the daemon died before it could write that down.
   */
  private void follow(Container container) throws IOException {
    Path directory = node.paths().container(container.id());
    if (container.life().phase() == Life.Phase.EXITED) {
      return;
    }
    boolean running = container.life().isRunning();
    if (!Files.isDirectory(directory)) {
      if (running) {
        String message = "nothing is left of it; the node was probably restarted";
        ends.finish(container, new Exit(UNKNOWN_CODE, Exit.MONITOR_LOST, message, Node.now()));
      }
      return;
    }
    var linux = container.spec().linux();
    RecoveredProcess found =
        node.launcher()
            .recover(
                container.id(), directory, Optional.ofNullable(linux).map(l -> l.cgroupsPath()));
    if (found.running().isPresent()) {
      resume(container, found.running().get(), directory);
    } else {
      ends.finish(container, exit(container, found.ended().orElseThrow()));
    }
  }

  /** One whose start would have gone on with hooks, of which nobody knows how far they came. */
  private void end(Container container, RunningProcess process) throws IOException {
    try (process) {
      process.kill();
      ExitStatus unused = process.exit().get(DEATH_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new IOException(process + " cannot be killed", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while " + process + " was ended", e);
    }
    String message = "the daemon ended while the poststart hooks ran, so it was killed";
    ends.finish(
        container, new Exit(ContainerStart.NOT_LAUNCHED, Exit.START_ERROR, message, Node.now()));
  }

  /**
   * The record of a start is written after the release, and a monitor whose engine goes before that
   * kills its process: without a monitor and an exit record it never ran.
   */
  private static Exit exit(Container container, ExitStatus status) {
    boolean lost = status.reason() == ExitStatus.Reason.MONITOR_LOST;
    if (lost && container.life().phase() == Life.Phase.CREATED) {
      String message = "the daemon ended while it started this container, so it was not started";
      return new Exit(ContainerStart.NOT_LAUNCHED, Exit.START_ERROR, message, Node.now());
    }
    return Exit.of(status);
  }

  private void resume(Container container, RunningProcess process, Path directory)
      throws IOException {
    Life life = container.life();
    if (!life.isRunning() && !HookStage.POSTSTART.of(container.spec()).isEmpty()) {
      end(container, process);
      return;
    }
    if (!life.isRunning()) {
      // The last that is made in the directory before a launch is the monitor's socket.
      long started = Files.getLastModifiedTime(directory).to(TimeUnit.NANOSECONDS);
      Life running =
          new Life(Life.Phase.RUNNING, life.createdAt(), started, 0, process.pid(), 0, "", "");
      ends.record(container, container.state().with(running));
    }
    container.process(process);
    ends.await(container, process);
  }
}
