package dev.stockade.shim.container;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.UpdateContainerResourcesRequest;
import dev.stockade.shim.call.Call;
import dev.stockade.shim.call.CallFailure;
import dev.stockade.shim.call.Undo;
import dev.stockade.shim.image.ImageException;
import dev.stockade.shim.intent.IntentRejection;
import dev.stockade.shim.node.Node;
import dev.stockade.shim.pod.Pod;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;

/** Makes, starts, stops and removes containers. */
public final class ContainerLifecycle {
  private static final System.Logger LOG = System.getLogger(ContainerLifecycle.class.getName());

  private final ContainerCreation creation;
  private final ContainerStart start;
  private final ContainerUpdate update;
  private final ContainerStop stop;
  private final ContainerRecovery recovery;
  private final ExecSession exec;
  private final Containers containers;

  /**
   * For the containers of this node.
   *
   * @param executor for what happens when containers end; may block on the disk
   */
  public ContainerLifecycle(Node node, Containers containers, Executor executor) {
    ContainerEnds ends = new ContainerEnds(node, containers, executor);
    this.containers = containers;
    Undo.Complaint complaint =
        (what, problem) -> LOG.log(System.Logger.Level.WARNING, "cannot " + what, problem);
    this.creation = new ContainerCreation(node, containers, complaint);
    this.start = new ContainerStart(node, containers, ends, complaint);
    this.update = new ContainerUpdate(node, containers, start);
    this.recovery = new ContainerRecovery(node, containers, ends, update);
    this.stop = new ContainerStop(node, containers, recovery);
    this.exec = new ExecSession(node);
  }

  /** Makes a container and returns its identifier. */
  public String create(Pod pod, ContainerConfig config, Call call)
      throws CallFailure, IntentRejection, ImageException, InterruptedException {
    pod.lock().readLock().lock();
    try {
      Container container = creation.create(pod, config, call);
      LOG.log(System.Logger.Level.INFO, "{0} is made in {1}", container, pod);
      return container.id();
    } finally {
      pod.lock().readLock().unlock();
    }
  }

  /** Starts a container that was made; its process runs, verified, when this returns. */
  public void start(Pod pod, Container container, Call call) throws CallFailure, ImageException {
    start.start(pod, container, call);
    LOG.log(System.Logger.Level.INFO, "{0} runs", container);
  }

  /** Changes the limits of a container: all that is asked for, or nothing. */
  public void update(Container container, UpdateContainerResourcesRequest request)
      throws CallFailure, IntentRejection, ImageException {
    update.update(container, request);
    LOG.log(System.Logger.Level.INFO, "{0} has other limits", container);
  }

  /** Stops a container; nothing happens when it does not run. */
  public void stop(Container container, Duration grace, Call call)
      throws CallFailure, InterruptedException {
    stop.stop(container, grace, call);
  }

  /** Kills all containers of a pod, all at once. */
  public void killAll(List<Container> ofPod, Call call) throws CallFailure, InterruptedException {
    for (Container container : ofPod) {
      kill(container);
    }
    for (Container container : ofPod) {
      stop.stop(container, Duration.ZERO, call);
    }
  }

  private static void kill(Container container) {
    container
        .process()
        .ifPresent(
            process -> {
              try {
                process.kill();
              } catch (IOException e) {
                LOG.log(System.Logger.Level.WARNING, "cannot kill " + container, e);
              }
            });
  }

  /** Removes a container; one that runs is killed first. */
  public void remove(Container container, Call call)
      throws CallFailure, ImageException, InterruptedException {
    stop.remove(container, call);
  }

  /** Runs a command in a running container. */
  public ExecResult exec(Container container, List<String> command, Duration timeout)
      throws CallFailure {
    return exec.run(container, command, timeout);
  }

  /**
   * The launch plan as text; empty when it cannot be made any more, for example because a mount's
   * source is gone.
   */
  public Optional<String> plan(Container container) {
    return start.plan(container);
  }

  /** Finds the containers of an earlier daemon again. */
  public void recover() throws IOException, ImageException {
    recovery.run();
    LOG.log(System.Logger.Level.INFO, "{0} containers found again", containers.all().size());
  }
}
