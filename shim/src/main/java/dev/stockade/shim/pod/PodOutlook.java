package dev.stockade.shim.pod;

import dev.stockade.cri.v1.PodSandboxConfig;
import dev.stockade.launcher.plan.LaunchCompiler;
import dev.stockade.launcher.plan.LaunchRejection;
import dev.stockade.launcher.plan.NamespaceKind;
import dev.stockade.shim.call.CallFailure;
import dev.stockade.shim.call.Refusals;
import dev.stockade.shim.intent.IntentRejection;
import dev.stockade.shim.intent.NamespaceIntent;
import dev.stockade.shim.intent.NamespaceIntent.Sharing;
import dev.stockade.shim.intent.PodIntent;
import dev.stockade.shim.intent.PodIntentReader;
import dev.stockade.shim.lsm.SelinuxLabels;
import dev.stockade.shim.node.NodeView;
import dev.stockade.shim.oci.PodContext;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** What would become of a pod: everything that is refused when it is made is refused here. */
public final class PodOutlook {
  private final NodeView node;

  /** For pods of this node. */
  public PodOutlook(NodeView node) {
    this.node = node;
  }

  /**
   * The pod as its containers would see it.
   *
   * @param id that it would have
   * @param networkObstacle why pods cannot get a network now, if they cannot
   */
  public PodView of(
      String id, PodSandboxConfig config, String handler, Optional<String> networkObstacle)
      throws IntentRejection, CallFailure {
    PodIntent intent = PodIntentReader.read(config);
    boolean ownNetwork = intent.namespaces().network() == Sharing.POD;
    PodFit.check(intent, handler, node.facts(), ownNetwork ? networkObstacle : Optional.empty());
    try {
      Optional<SelinuxLabels> labels =
          node.selinux().isPresent()
              ? Optional.of(node.selinux().get().claim(intent.selinux()))
              : Optional.empty();
      String hostname = PodNames.hostname(id, intent);
      PodContext context = context(id, intent, hostname, labels);
      PodPlans plans = new PodPlans(node);
      LaunchCompiler.compile(plans.namespaces(id, intent, labels, hostname));
      if (intent.namespaces().pid() == NamespaceIntent.Pid.POD) {
        String cgroup = PodContexts.initCgroup(id, intent, node.settings().cgroupParent());
        LaunchCompiler.compile(plans.init(id, intent, labels, context.namespace("user"), cgroup));
      }
      return new PodView(id, intent, context, node.paths().pod(id));
    } catch (IOException e) {
      throw Refusals.of("make pod sandbox", e);
    } catch (LaunchRejection e) {
      throw Refusals.of("RunPodSandbox", e);
    }
  }

  private PodContext context(
      String id, PodIntent intent, String hostname, Optional<SelinuxLabels> labels) {
    Path home = node.paths().pod(id);
    Map<String, Path> pins = new HashMap<>();
    NamespaceIntent asked = intent.namespaces();
    pin(pins, home, NamespaceKind.UTS, true);
    pin(pins, home, NamespaceKind.USER, asked.user().isPresent());
    pin(pins, home, NamespaceKind.NETWORK, asked.network() == Sharing.POD);
    pin(pins, home, NamespaceKind.IPC, asked.ipc() == Sharing.POD);
    pin(pins, home, NamespaceKind.PID, asked.pid() == NamespaceIntent.Pid.POD);
    return PodContexts.of(
        id, intent, hostname, pins, new PodFiles(home), node.settings().cgroupParent(), labels);
  }

  private static void pin(Map<String, Path> pins, Path home, NamespaceKind kind, boolean made) {
    if (made) {
      pins.put(kind.ociName(), PodTeardown.namespaces(home).resolve(kind.procName()));
    }
  }
}
