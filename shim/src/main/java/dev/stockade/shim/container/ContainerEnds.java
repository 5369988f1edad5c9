package dev.stockade.shim.container;

import dev.stockade.launcher.engine.ExitStatus;
import dev.stockade.launcher.engine.RunningProcess;
import dev.stockade.shim.node.Node;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/** Writes down how containers ended. */
final class ContainerEnds {
  private static final System.Logger LOG = System.getLogger(ContainerEnds.class.getName());

  private final Node node;
  private final Containers containers;
  private final Executor executor;

  /**
   * For the containers of this node.
   *
   * @param executor may block on the disk, and on hooks
   */
  ContainerEnds(Node node, Containers containers, Executor executor) {
    this.node = node;
    this.containers = containers;
    this.executor = executor;
  }

  /** Has the end of the process written down when it comes. */
  void await(Container container, RunningProcess process) {
    CompletableFuture<Void> unused =
        process
            .exit()
            .thenAcceptAsync(status -> ended(container, process, status), executor)
            .exceptionally(
                e -> {
                  LOG.log(System.Logger.Level.ERROR, "the end of " + container + " is lost", e);
                  return null;
                });
  }

  private void ended(Container container, RunningProcess process, ExitStatus status) {
    container.lock().lock();
    try {
      finish(container, Exit.of(status));
      container.process(null);
    } finally {
      container.lock().unlock();
    }
    process.close();
  }

  /** Takes note of an end; the caller holds the container's lock. */
  void finish(Container container, Exit exit) {
    if (container.life().phase() != Life.Phase.EXITED) {
      poststop(container);
    }
    Life life = container.life().ended(exit);
    record(container, container.state().with(life));
    LOG.log(
        System.Logger.Level.INFO,
        "{0} has ended with {1} ({2})",
        container,
        life.exitCode(),
        life.reason());
    if (!exit.message().isEmpty()) {
      LOG.log(System.Logger.Level.WARNING, "{0}: {1}", container, exit.message());
    }
  }

  /**
   * Runs the hooks that follow the container, whatever comes of them: before its end is told, so
   * that the next one with its devices finds them done. A daemon that ends meanwhile leaves them to
   * the next, which may run them again.
   */
  void poststop(Container container) {
    String id = container.id();
    for (String failure : node.launcher().poststop(id, container.spec(), containers.bundle(id))) {
      LOG.log(System.Logger.Level.WARNING, "{0}: {1}", container, failure);
    }
  }

  /**
   * Takes note of a state that is a fact: when it cannot be written down it holds all the same, and
   * the monitor's exit record tells the next daemon.
   */
  void record(Container container, ContainerState next) {
    try {
      containers.records().update(container.id(), next);
    } catch (IOException e) {
      LOG.log(System.Logger.Level.ERROR, "cannot record the state of " + container, e);
    }
    container.state(next);
  }
}
