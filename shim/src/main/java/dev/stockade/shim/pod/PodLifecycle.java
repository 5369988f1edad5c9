package dev.stockade.shim.pod;

import dev.stockade.cri.v1.PodSandboxConfig;
import dev.stockade.launcher.linux.NoRoom;
import dev.stockade.shim.call.Call;
import dev.stockade.shim.call.CallFailure;
import dev.stockade.shim.call.Refusals;
import dev.stockade.shim.intent.IntentRejection;
import dev.stockade.shim.network.Attachment;
import dev.stockade.shim.network.PodNetworks;
import dev.stockade.shim.node.Node;
import java.io.IOException;
import java.util.concurrent.Executor;

/** Makes, stops and removes pods; containers are stopped and removed by others in between. */
public final class PodLifecycle {
  private static final System.Logger LOG = System.getLogger(PodLifecycle.class.getName());

  private final Node node;
  private final Pods pods;
  private final PodTeardown teardown;
  private final PodCreation creation;
  private final String bootId;
  private final Executor executor;

  /**
   * For this node.
   *
   * @param bootId of the running kernel
   * @param executor for what happens when processes end; may block on the disk
   */
  public PodLifecycle(
      Node node, Pods pods, PodNetworks networks, String bootId, Executor executor) {
    this.node = node;
    this.executor = executor;
    this.pods = pods;
    this.bootId = bootId;
    this.teardown = new PodTeardown(node, networks);
    this.creation =
        new PodCreation(
            node,
            pods,
            networks,
            teardown,
            bootId,
            (what, problem) -> LOG.log(System.Logger.Level.WARNING, "cannot " + what, problem));
  }

  /** Makes a pod and returns its identifier. */
  public String run(PodSandboxConfig config, String runtimeHandler, Call call)
      throws CallFailure, IntentRejection, InterruptedException {
    Pod pod = creation.run(config, runtimeHandler, call);
    watch(pod);
    LOG.log(System.Logger.Level.INFO, "{0} is ready", pod);
    return pod.id();
  }

  /** A pod whose first process has ended can hold no new containers. */
  private void watch(Pod pod) {
    if (pod.init().isPresent()) {
      var unused = pod.init().get().exit().thenRunAsync(() -> closeQuietly(pod), executor);
    }
  }

  private void closeQuietly(Pod pod) {
    try {
      if (pod.isReady()) {
        LOG.log(System.Logger.Level.WARNING, "the first process of {0} has ended", pod);
        close(pod);
      }
    } catch (CallFailure e) {
      LOG.log(System.Logger.Level.ERROR, "cannot record that " + pod + " is not ready", e);
    }
  }

  /** From here on nothing is made or started in the pod; what runs in it runs on. Repeatable. */
  public void close(Pod pod) throws CallFailure {
    pod.lock().writeLock().lock();
    try {
      if (pod.state().phase() != PodState.Phase.NOT_READY) {
        change(pod, pod.state().in(PodState.Phase.NOT_READY));
        LOG.log(System.Logger.Level.INFO, "{0} is not ready any more", pod);
      }
    } finally {
      pod.lock().writeLock().unlock();
    }
  }

  /**
   * Takes away network, namespaces and files of a closed pod whose containers have ended.
   * Repeatable.
   */
  public void tearDown(Pod pod) throws CallFailure {
    synchronized (pod) {
      Attachment attachment = pod.state().attachment();
      if (attachment != null) {
        teardown.network(pod.id(), attachment);
        change(pod, pod.state().with(null));
      }
      teardown.init(pod);
      pod.init(null);
      pod.context(null);
      teardown.files(pod.id());
      teardown.cgroup(pod.id());
    }
  }

  /** Forgets a pod that is torn down and has no containers any more. Repeatable. */
  public void forget(Pod pod) throws CallFailure {
    try {
      pods.records().remove(pod.id());
    } catch (IOException e) {
      throw Refusals.of("remove the record of " + pod, e);
    }
    pods.index().remove(pod.id());
    pods.names().release(pod.intent().name(), pod.id());
    releaseLabels(pod);
    LOG.log(System.Logger.Level.INFO, "{0} is removed", pod);
  }

  private void releaseLabels(Pod pod) {
    if (node.selinux().isPresent() && pod.selinux().isPresent()) {
      node.selinux().get().release(pod.selinux().get());
    }
  }

  /** A pod ends on a full disk too: whoever reads the old state tears down once more. */
  private void change(Pod pod, PodState next) throws CallFailure {
    try {
      pods.records().update(pod.id(), next);
    } catch (IOException e) {
      if (!NoRoom.isWhy(e)) {
        throw Refusals.of("record the state of " + pod, e);
      }
      LOG.log(System.Logger.Level.WARNING, "there is no room to record the state of " + pod, e);
    }
    pod.state(next);
  }

  /** Finds the pods of an earlier daemon again; what was only half made is taken away. */
  public void recover() throws IOException {
    PodRecovery recovery = new PodRecovery(node, pods, teardown, bootId);
    for (Pod unfinished : recovery.run()) {
      try {
        tearDown(unfinished);
        forget(unfinished);
      } catch (CallFailure e) {
        LOG.log(System.Logger.Level.WARNING, "cannot take away half-made " + unfinished, e);
      }
    }
    pods.all().forEach(this::watch);
  }
}
