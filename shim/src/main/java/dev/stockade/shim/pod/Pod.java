package dev.stockade.shim.pod;

import dev.stockade.cri.v1.PodSandboxConfig;
import dev.stockade.launcher.engine.RunningProcess;
import dev.stockade.shim.call.CallFailure;
import dev.stockade.shim.intent.PodIntent;
import dev.stockade.shim.lsm.SelinuxLabels;
import dev.stockade.shim.node.NodePaths;
import dev.stockade.shim.oci.PodContext;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/**
 * One pod of this node. What was asked never changes; the state is one immutable value, replaced
 * under the lock.
 *
 * <p>Making and starting containers holds the lock for reading, stopping and removing the pod for
 * writing, so that nothing is started in a pod that is being stopped. Nobody holds it while waiting
 * for processes to end.
 */
public final class Pod {
  private final String id;
  private final PodSandboxConfig config;
  private final PodIntent intent;
  private final String runtimeHandler;
  private final long createdAt;
  private final Optional<SelinuxLabels> selinux;
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();

  private volatile PodState state;
  private volatile @Nullable PodContext context;
  private volatile @Nullable RunningProcess init;

  Pod(String id, PodRecord record, PodSandboxConfig config, PodIntent intent, PodState state) {
    this.id = id;
    this.config = config;
    this.intent = intent;
    this.runtimeHandler = record.runtimeHandler();
    this.createdAt = record.createdAt();
    this.selinux = Optional.ofNullable(record.selinux());
    this.state = state;
  }

  public String id() {
    return id;
  }

  /** The request as it came. */
  public PodSandboxConfig config() {
    return config;
  }

  public PodIntent intent() {
    return intent;
  }

  public String runtimeHandler() {
    return runtimeHandler;
  }

  /** Nanoseconds since 1970. */
  public long createdAt() {
    return createdAt;
  }

  /** What its containers are labelled with where the kernel has SELinux. */
  public Optional<SelinuxLabels> selinux() {
    return selinux;
  }

  /** What the pod's lock guards is described at the class. */
  public ReentrantReadWriteLock lock() {
    return lock;
  }

  public PodState state() {
    return state;
  }

  void state(PodState next) {
    state = next;
  }

  public boolean isReady() {
    return state.phase() == PodState.Phase.READY;
  }

  /**
   * The pod's addresses, the kubelet's first; empty with the host's network and after the network
   * is gone.
   */
  public List<String> addresses() {
    var attachment = state.attachment();
    return attachment == null ? List.of() : attachment.addresses();
  }

  /**
   * What containers get from the pod.
   *
   * @throws CallFailure when the pod is not ready
   */
  public PodContext context() throws CallFailure {
    PodContext ready = context;
    if (!isReady() || ready == null) {
      throw new CallFailure(
          CallFailure.Kind.WRONG_STATE, "pod sandbox " + id + " is not ready; run a new one");
    }
    return ready;
  }

  /**
   * The pod as its containers see it.
   *
   * @param paths of this node
   * @throws CallFailure when the pod is not ready
   */
  public PodView view(NodePaths paths) throws CallFailure {
    return new PodView(id, intent, context(), paths.pod(id));
  }

  void context(@Nullable PodContext next) {
    context = next;
  }

  /** The first process of the PID namespace the pod's containers share, if they do. */
  public Optional<RunningProcess> init() {
    return Optional.ofNullable(init);
  }

  void init(@Nullable RunningProcess next) {
    init = next;
  }

  @Override
  public String toString() {
    return "pod sandbox " + id + " of " + intent.name();
  }
}
