package dev.stockade.shim.container;

import dev.stockade.launcher.engine.RunningProcess;
import dev.stockade.shim.call.Call;
import dev.stockade.shim.call.CallFailure;
import dev.stockade.shim.call.Refusals;
import dev.stockade.shim.image.ImageException;
import dev.stockade.shim.node.Node;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/**
 * Stops and removes containers. Both may be repeated, and no lock is held while a process takes its
 * time to end.
 */
final class ContainerStop {
  private static final System.Logger LOG = System.getLogger(ContainerStop.class.getName());

  /** How long the kernel may take to end what was killed. */
  private static final Duration DEATH_LIMIT = Duration.ofSeconds(30);

  /** How often a waiting request looks whether anybody still waits for it. */
  private static final Duration GLANCE = Duration.ofSeconds(1);

  private static final Duration LONGEST_GRACE = Duration.ofDays(7);

  private final Node node;
  private final Containers containers;
  private final ContainerRemoval removal;
  private final ContainerRecovery recovery;

  ContainerStop(Node node, Containers containers, ContainerRecovery recovery) {
    this.node = node;
    this.containers = containers;
    this.removal = new ContainerRemoval(node, containers);
    this.recovery = recovery;
  }

  /**
   * Asks the process to end, and ends it when the grace is over.
   *
   * @param grace zero kills at once
   */
  void stop(Container container, Duration grace, Call call)
      throws CallFailure, InterruptedException {
    recovery.settle(container);
    Optional<RunningProcess> process = running(container);
    if (process.isEmpty()) {
      return;
    }
    try {
      if (grace.isZero() || grace.isNegative() || !ask(container, process.get(), grace, call)) {
        LOG.log(System.Logger.Level.INFO, "{0} is killed", container);
        process.get().kill();
      }
      if (!container.awaitEnd(DEATH_LIMIT.toNanos())) {
        throw new CallFailure(
            CallFailure.Kind.DEADLINE,
            "stop "
                + container
                + ": it does not end although it was killed; it may hang in the"
                + " kernel, see /proc/"
                + process.get().pid()
                + "/stack");
      }
    } catch (IOException e) {
      throw Refusals.of("stop " + container, e);
    }
  }

  /** Waits out a start that is under way. */
  private static Optional<RunningProcess> running(Container container) {
    container.lock().lock();
    try {
      return container.life().isRunning() ? container.process() : Optional.empty();
    } finally {
      container.lock().unlock();
    }
  }

  private static boolean ask(Container container, RunningProcess process, Duration grace, Call call)
      throws IOException, InterruptedException, CallFailure {
    boolean sent = process.signal(container.stopSignal().number());
    Duration bounded = grace.compareTo(LONGEST_GRACE) > 0 ? LONGEST_GRACE : grace;
    long end = System.nanoTime() + bounded.toNanos();
    while (sent) {
      long left = end - System.nanoTime();
      if (container.awaitEnd(Math.min(Math.max(left, 0), GLANCE.toNanos()))) {
        return true;
      }
      if (left <= 0) {
        return false;
      }
      call.proceed();
    }
    // It has ended; what remains of it in its cgroup goes before the end is reported.
    return true;
  }

  /** Removes a container; one that runs is killed first. */
  void remove(Container container, Call call)
      throws CallFailure, ImageException, InterruptedException {
    stop(container, Duration.ZERO, call);
    container.lock().lock();
    try {
      if (containers.index().get(container.id()).isEmpty()) {
        return;
      }
      if (container.life().isRunning()) {
        throw new CallFailure(
            CallFailure.Kind.WRONG_STATE, "remove " + container + ": it was started meanwhile");
      }
      erase(container);
    } finally {
      container.lock().unlock();
    }
    LOG.log(System.Logger.Level.INFO, "{0} is removed", container);
  }

  private void erase(Container container) throws CallFailure, ImageException {
    String id = container.id();
    try {
      removal.remove(id);
    } catch (IOException e) {
      throw Refusals.of("remove " + container, e);
    }
    containers.index().remove(id);
    containers.names().release(ContainerName.of(container), id);
    ContainerLabels.release(node.selinux(), container.spec());
  }
}
