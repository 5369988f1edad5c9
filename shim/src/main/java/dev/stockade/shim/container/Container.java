package dev.stockade.shim.container;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.LinuxContainerResources;
import dev.stockade.launcher.engine.RunningProcess;
import dev.stockade.launcher.spec.OciSpec;
import dev.stockade.shim.intent.StopSignal;
import dev.stockade.shim.receipt.ReceiptRecord;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One container of this node. What was asked never changes, but for its limits; what became of it
 * is one immutable value, replaced under the lock. Nobody holds the lock while waiting for the
 * process to end.
 */
public final class Container {
  private final String id;
  private final ContainerRecord record;
  private final ContainerConfig config;
  private volatile Limits limits;
  private final ReentrantLock lock = new ReentrantLock();
  private final CompletableFuture<Life> ended = new CompletableFuture<>();

  private volatile ContainerState state;
  private volatile @Nullable RunningProcess process;
  private @Nullable PlannedLaunch planned;

  Container(
      String id,
      ContainerRecord record,
      ContainerConfig config,
      OciSpec spec,
      ContainerState state) {
    this.id = id;
    this.record = record;
    this.config = config;
    this.limits = Limits.of(config.getLinux().getResources(), spec, record.unenforced());
    this.state = state;
  }

  public String id() {
    return id;
  }

  public String podId() {
    return record.podId();
  }

  /**
   * What may be changed of a container later.
   *
   * @param resources in the words of the protocol
   * @param spec what the request, the image and the node's defaults became, with these limits
   * @param unenforced those that were left out because the configuration allows it, with what was
   *     asked
   * @param commands how commands are launched in it, with this spec
   */
  record Limits(
      LinuxContainerResources resources,
      OciSpec spec,
      Map<String, String> unenforced,
      CommandPlans commands) {
    static Limits of(
        LinuxContainerResources resources, OciSpec spec, Map<String, String> unenforced) {
      return new Limits(resources, spec, unenforced, new CommandPlans());
    }
  }

  /** The request as it came. */
  public ContainerConfig config() {
    return config;
  }

  /** What the request, the image and the node's defaults became. */
  public OciSpec spec() {
    return limits.spec();
  }

  /** The limits that it has, or will have. */
  public LinuxContainerResources resources() {
    return limits.resources();
  }

  Limits limits() {
    return limits;
  }

  void limits(Limits next) {
    limits = next;
  }

  /** Identifier of the image it was made from. */
  public String imageId() {
    return record.imageId();
  }

  /** Limits that were left out because the configuration allows it, with what was asked. */
  Map<String, String> unenforced() {
    return limits.unenforced();
  }

  /** The seccomp profile of the node it was made with, if it asked for one. */
  public Optional<SeccompFile> seccompFile() {
    return Optional.ofNullable(record.seccomp());
  }

  /** What asks it to end. */
  public StopSignal stopSignal() {
    return new StopSignal(record.stopSignal());
  }

  public Life life() {
    return state.life();
  }

  /** The receipt of its launch. */
  public Optional<ReceiptRecord> receipt() {
    return Optional.ofNullable(state.receipt());
  }

  /** Where its log is, relative to the pod's log directory; empty when it has none. */
  public String logPath() {
    return config.getLogPath();
  }

  ReentrantLock lock() {
    return lock;
  }

  ContainerState state() {
    return state;
  }

  void state(ContainerState next) {
    state = next;
    if (next.life().phase() == Life.Phase.EXITED) {
      ended.complete(next.life());
    }
  }

  /** Its process while it runs. */
  public Optional<RunningProcess> process() {
    return Optional.ofNullable(process);
  }

  void process(@Nullable RunningProcess next) {
    process = next;
  }

  /** Keeps the launch that was planned at creation for the start. */
  void planned(PlannedLaunch launch) {
    planned = launch;
  }

  /** The launch that was planned at creation, once; the caller holds the lock. */
  Optional<PlannedLaunch> takePlanned() {
    Optional<PlannedLaunch> taken = Optional.ofNullable(planned);
    planned = null;
    return taken;
  }

  /** Waits for the end; false when it does not come in time. */
  boolean awaitEnd(long nanos) throws InterruptedException {
    try {
      ended.get(nanos, TimeUnit.NANOSECONDS);
      return true;
    } catch (java.util.concurrent.TimeoutException e) {
      return false;
    } catch (java.util.concurrent.ExecutionException e) {
      throw new IllegalStateException("an end is never exceptional", e);
    }
  }

  @Override
  public String toString() {
    return "container " + id + " (" + config.getMetadata().getName() + ")";
  }
}
