package dev.stockade.shim.cri;

import dev.stockade.cri.v1.CgroupDriver;
import dev.stockade.cri.v1.LinuxRuntimeConfiguration;
import dev.stockade.cri.v1.RuntimeCondition;
import dev.stockade.cri.v1.RuntimeConfigResponse;
import dev.stockade.cri.v1.RuntimeFeatures;
import dev.stockade.cri.v1.RuntimeHandler;
import dev.stockade.cri.v1.RuntimeHandlerFeatures;
import dev.stockade.cri.v1.RuntimeStatus;
import dev.stockade.cri.v1.StatusResponse;
import dev.stockade.cri.v1.VersionResponse;
import dev.stockade.shim.network.PodNetworks;
import dev.stockade.shim.node.Node;
import java.util.List;
import java.util.Optional;

/** The calls about the node itself. */
final class NodeCalls {
  private final Node node;
  private final PodNetworks networks;
  private final NodeDegradations degradations;
  private final String version;

  NodeCalls(Node node, PodNetworks networks, NodeDegradations degradations, String version) {
    this.node = node;
    this.networks = networks;
    this.degradations = degradations;
    this.version = version;
  }

  VersionResponse version() {
    return VersionResponse.newBuilder()
        .setVersion("0.1.0")
        .setRuntimeName("stockade")
        .setRuntimeVersion(version)
        .setRuntimeApiVersion("v1")
        .build();
  }

  StatusResponse status(boolean verbose) {
    Optional<String> obstacle = networks.obstacle();
    RuntimeStatus status =
        RuntimeStatus.newBuilder()
            .addConditions(condition("RuntimeReady", Optional.empty(), ""))
            .addConditions(condition("NetworkReady", obstacle, "NetworkConfigurationMissing"))
            .addConditions(condition("ConstraintsEnforced", degradations.text(), "Degraded"))
            .build();
    StatusResponse.Builder answer =
        StatusResponse.newBuilder().setStatus(status).setFeatures(features());
    for (String handler : List.of("", "stockade")) {
      answer.addRuntimeHandlers(
          RuntimeHandler.newBuilder().setName(handler).setFeatures(handlerFeatures()));
    }
    if (verbose) {
      answer.putAllInfo(NodeText.of(node));
    }
    return answer.build();
  }

  private static RuntimeCondition condition(String type, Optional<String> obstacle, String reason) {
    return RuntimeCondition.newBuilder()
        .setType(type)
        .setStatus(obstacle.isEmpty())
        .setReason(obstacle.isEmpty() ? "" : reason)
        .setMessage(obstacle.orElse(""))
        .build();
  }

  /** The host's network needs nothing of the kernel that a user namespace does not (KEP-5607). */
  private RuntimeFeatures features() {
    return RuntimeFeatures.newBuilder()
        .setSupplementalGroupsPolicy(true)
        .setUserNamespacesHostNetwork(userNamespaces())
        .build();
  }

  /** Only what the kernel was seen to do. */
  private RuntimeHandlerFeatures handlerFeatures() {
    return RuntimeHandlerFeatures.newBuilder()
        .setRecursiveReadOnlyMounts(node.facts().recursiveReadOnly())
        .setUserNamespaces(userNamespaces())
        .build();
  }

  private boolean userNamespaces() {
    return node.facts().idmapObstacle().isEmpty();
  }

  static RuntimeConfigResponse config() {
    return RuntimeConfigResponse.newBuilder()
        .setLinux(LinuxRuntimeConfiguration.newBuilder().setCgroupDriver(CgroupDriver.CGROUPFS))
        .build();
  }
}
