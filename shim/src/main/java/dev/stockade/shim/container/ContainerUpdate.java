package dev.stockade.shim.container;

import dev.stockade.cri.v1.LinuxContainerResources;
import dev.stockade.cri.v1.UpdateContainerResourcesRequest;
import dev.stockade.launcher.engine.LimitChange;
import dev.stockade.launcher.engine.LimitFailure;
import dev.stockade.launcher.engine.RunningProcess;
import dev.stockade.launcher.plan.CgroupSettings;
import dev.stockade.launcher.plan.Constraint;
import dev.stockade.launcher.plan.LaunchRejection;
import dev.stockade.launcher.plan.Receipt;
import dev.stockade.launcher.spec.OciLinux;
import dev.stockade.launcher.spec.OciProcess;
import dev.stockade.launcher.spec.OciSpec;
import dev.stockade.shim.call.CallFailure;
import dev.stockade.shim.call.CallFailure.Kind;
import dev.stockade.shim.call.Refusals;
import dev.stockade.shim.image.ImageException;
import dev.stockade.shim.intent.IntentRejection;
import dev.stockade.shim.intent.ResourceUpdate;
import dev.stockade.shim.node.Node;
import dev.stockade.shim.oci.OciSpecBuilder;
import dev.stockade.shim.receipt.ReceiptRecord;
import java.io.IOException;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Changes the limits of containers that are made or run: everything that a request asks for is in
 * the kernel, in the record and in the receipt, or nothing of it.
 */
final class ContainerUpdate {
  private static final String CALL = "UpdateContainerResources";

  private final Node node;
  private final Containers containers;
  private final ContainerStart start;
  private final OciSpecBuilder specs;

  ContainerUpdate(Node node, Containers containers, ContainerStart start) {
    this.node = node;
    this.containers = containers;
    this.start = start;
    this.specs =
        new OciSpecBuilder(
            node.settings().defaults(), node.facts(), node.launcher().rootMountPoint());
  }

  void update(Container container, UpdateContainerResourcesRequest request)
      throws CallFailure, IntentRejection, ImageException {
    container.lock().lock();
    try {
      ResourceUpdate update = ResourceUpdate.read(container.limits().resources(), request);
      ContainerFit.checkLimits(CALL, update.limits(), node);
      Container.Limits next = limits(container, update);
      switch (container.life().phase()) {
        case CREATED -> planAnew(container, next);
        case RUNNING -> change(container, next);
        default ->
            throw new CallFailure(
                Kind.WRONG_STATE,
                "cannot change the limits of " + container + ", which does not run any more");
      }
    } catch (LaunchRejection e) {
      throw Refusals.of(CALL, e);
    } catch (LimitFailure e) {
      throw new CallFailure(
          Kind.UNENFORCEABLE,
          CALL + " refused: linux: " + e.getMessage() + "; all is as it was",
          e);
    } catch (IOException e) {
      throw Refusals.of("change the limits of " + container, e);
    } finally {
      container.lock().unlock();
    }
  }

  /** Limits that were changed before this daemon began. */
  void restore(Container container) throws IOException {
    String stored = container.state().resources();
    if (stored == null) {
      return;
    }
    try {
      LinuxContainerResources resources =
          LinuxContainerResources.parseFrom(Base64.getDecoder().decode(stored));
      container.limits(limits(container, ResourceUpdate.stored(resources)));
    } catch (IllegalArgumentException | IntentRejection e) {
      throw new IOException("the stored limits of " + container + " are damaged", e);
    }
  }

  private Container.Limits limits(Container container, ResourceUpdate update) {
    OciSpec spec =
        specs.withLimits(container.spec(), ResourceReport.enforceable(update.limits(), node));
    Map<String, String> unenforced =
        ResourceReport.unenforced(update.limits(), node.facts().cgroupControllers());
    return Container.Limits.of(update.resources(), spec, unenforced);
  }

  /** What has not been started is planned again, so that the start finds nothing to refuse. */
  private void planAnew(Container container, Container.Limits next)
      throws CallFailure, ImageException, LaunchRejection, IOException {
    PlannedLaunch planned = start.planned(container, next.spec());
    containers.records().update(container.id(), state(container, next, List.of()));
    container.state(state(container, next, List.of()));
    container.limits(next);
    container.planned(planned);
  }

  private void change(Container container, Container.Limits next)
      throws CallFailure, LaunchRejection, LimitFailure, IOException {
    RunningProcess process =
        container
            .process()
            .orElseThrow(() -> new CallFailure(Kind.WRONG_STATE, container + " has just ended"));
    OciLinux linux = Objects.requireNonNull(next.spec().linux());
    try (LimitChange change =
        process.limit(CgroupSettings.of(linux.resources()), score(container.spec(), next))) {
      ContainerState state = state(container, next, change.rows());
      containers.records().update(container.id(), state);
      change.keep();
      container.state(state);
      container.limits(next);
    }
  }

  private LimitChange.Score score(OciSpec before, Container.Limits next) {
    return new LimitChange.Score(
        score(before),
        score(next.spec()),
        node.settings().mayDegrade().contains(Constraint.PROCESS_OOM_SCORE_ADJ));
  }

  private static int score(OciSpec spec) {
    OciProcess process = Objects.requireNonNull(spec.process());
    return Optional.ofNullable(process.oomScoreAdj()).orElse(0);
  }

  private static ContainerState state(
      Container container, Container.Limits next, List<Receipt.Row> rows) {
    @Nullable ReceiptRecord receipt =
        container.receipt().map(r -> r.withLimits(rows, next.unenforced())).orElse(null);
    String resources = Base64.getEncoder().encodeToString(next.resources().toByteArray());
    return container.state().with(receipt, resources);
  }
}
