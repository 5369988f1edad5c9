package dev.stockade.shim.cri;

import dev.stockade.launcher.plan.HostFacts;
import dev.stockade.shim.container.Container;
import dev.stockade.shim.container.Containers;
import dev.stockade.shim.lsm.Selinux;
import dev.stockade.shim.node.Node;
import dev.stockade.shim.pod.Pod;
import dev.stockade.shim.pod.Pods;
import dev.stockade.shim.receipt.Degradations;
import dev.stockade.shim.receipt.ReceiptRecord;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What runs on this node with less than was asked for, or verified later than it could be. */
final class NodeDegradations {
  /** A node has hundreds of containers; nobody reads more than these. */
  private static final int MOST = 8;

  private final Node node;
  private final Pods pods;
  private final Containers containers;

  NodeDegradations(Node node, Pods pods, Containers containers) {
    this.node = node;
    this.pods = pods;
    this.containers = containers;
  }

  /** Empty when everything that runs is as asked. */
  Optional<String> text() {
    List<String> all =
        Stream.of(tracing(node.facts().tracing()), appArmor(), selinux(), ofPods(), ofContainers())
            .flatMap(texts -> texts)
            .toList();
    String more = all.size() > MOST ? "; and " + (all.size() - MOST) + " more" : "";
    return Optional.of(all.stream().limit(MOST).collect(Collectors.joining("; ", "", more)))
        .filter(text -> !text.isEmpty());
  }

  private static Stream<String> tracing(HostFacts.Tracing tracing) {
    return tracing.possible()
        ? Stream.of()
        : Stream.of("programs are verified after their exec, because " + tracing.obstacle());
  }

  /** It refuses containers, so people should hear of it before they wonder. */
  private Stream<String> appArmor() {
    return node.appArmor().defaultObstacle().stream()
        .map(obstacle -> "no container gets the default AppArmor profile, which " + obstacle);
  }

  private Stream<String> selinux() {
    return node.selinux().flatMap(Selinux::obstacle).stream()
        .map(obstacle -> "SELinux confines no container: " + obstacle);
  }

  private Stream<String> ofPods() {
    return pods.all().stream().filter(Pod::isReady).flatMap(NodeDegradations::of);
  }

  private static Stream<String> of(Pod pod) {
    return pod.state().receipts().values().stream()
        .map(receipt -> text(pod.toString(), receipt))
        .flatMap(Optional::stream);
  }

  private Stream<String> ofContainers() {
    return containers.all().stream()
        .filter(container -> container.life().isRunning())
        .map(NodeDegradations::of)
        .flatMap(Optional::stream);
  }

  private static Optional<String> of(Container container) {
    return container.receipt().flatMap(receipt -> text(container.toString(), receipt));
  }

  private static Optional<String> text(String of, ReceiptRecord receipt) {
    String missing = Degradations.of(receipt);
    return missing.isEmpty() ? Optional.empty() : Optional.of(of + ": " + missing);
  }
}
