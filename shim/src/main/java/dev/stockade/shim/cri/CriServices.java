package dev.stockade.shim.cri;

import dev.stockade.shim.container.ContainerLifecycle;
import dev.stockade.shim.container.Containers;
import dev.stockade.shim.network.PodNetworks;
import dev.stockade.shim.node.Node;
import dev.stockade.shim.pod.PodLifecycle;
import dev.stockade.shim.pod.Pods;
import dev.stockade.shim.registry.Pulls;
import io.grpc.BindableService;
import java.util.List;

/** The services of the protocol over the parts of this daemon. */
public final class CriServices {
  private CriServices() {}

  /** The two services of the protocol and those of our own. */
  public static List<BindableService> of(
      Node node,
      Pulls pulls,
      String version,
      PodNetworks networks,
      Pods pods,
      PodLifecycle podLifecycle,
      Containers containers,
      ContainerLifecycle containerLifecycle) {
    return List.of(
        new CriRuntimeService(
            new NodeCalls(node, networks, new NodeDegradations(node, pods, containers), version),
            new PodCalls(pods, podLifecycle, containers, containerLifecycle),
            new ContainerCalls(pods, containers, containerLifecycle)),
        new CriImageService(node, pulls),
        new ImageImportService(node.images(), node.facts().seLinux()),
        new ImageStoreService(node),
        new ImagePullService(pulls),
        new ImageExportService(node.images()));
  }
}
