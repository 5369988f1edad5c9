package dev.stockade.shim.cri;

import dev.stockade.cri.v1.LinuxPodSandboxStatus;
import dev.stockade.cri.v1.Namespace;
import dev.stockade.cri.v1.NamespaceOption;
import dev.stockade.cri.v1.PodIP;
import dev.stockade.cri.v1.PodSandbox;
import dev.stockade.cri.v1.PodSandboxFilter;
import dev.stockade.cri.v1.PodSandboxNetworkStatus;
import dev.stockade.cri.v1.PodSandboxState;
import dev.stockade.cri.v1.PodSandboxStatus;
import dev.stockade.shim.pod.Pod;
import java.util.List;

/** Pods in the words of the protocol. Labels and annotations go back byte for byte as they came. */
final class PodMessages {
  private PodMessages() {}

  static PodSandboxState state(Pod pod) {
    return pod.isReady() ? PodSandboxState.SANDBOX_READY : PodSandboxState.SANDBOX_NOTREADY;
  }

  static PodSandbox item(Pod pod) {
    return PodSandbox.newBuilder()
        .setId(pod.id())
        .setMetadata(pod.config().getMetadata())
        .setState(state(pod))
        .setCreatedAt(pod.createdAt())
        .putAllLabels(pod.config().getLabelsMap())
        .putAllAnnotations(pod.config().getAnnotationsMap())
        .setRuntimeHandler(pod.runtimeHandler())
        .build();
  }

  static PodSandboxStatus status(Pod pod) {
    NamespaceOption options = pod.config().getLinux().getSecurityContext().getNamespaceOptions();
    return PodSandboxStatus.newBuilder()
        .setId(pod.id())
        .setMetadata(pod.config().getMetadata())
        .setState(state(pod))
        .setCreatedAt(pod.createdAt())
        .setNetwork(network(pod.addresses()))
        .setLinux(
            LinuxPodSandboxStatus.newBuilder()
                .setNamespaces(Namespace.newBuilder().setOptions(options)))
        .putAllLabels(pod.config().getLabelsMap())
        .putAllAnnotations(pod.config().getAnnotationsMap())
        .setRuntimeHandler(pod.runtimeHandler())
        .build();
  }

  private static PodSandboxNetworkStatus network(List<String> addresses) {
    PodSandboxNetworkStatus.Builder network = PodSandboxNetworkStatus.newBuilder();
    for (int i = 0; i < addresses.size(); i++) {
      if (i == 0) {
        network.setIp(addresses.get(i));
      } else {
        network.addAdditionalIps(PodIP.newBuilder().setIp(addresses.get(i)));
      }
    }
    return network.build();
  }

  /** All parts of a filter must match; the id was matched before. */
  static boolean matches(PodSandboxFilter filter, Pod pod) {
    return (!filter.hasState() || filter.getState().getState() == state(pod))
        && LabelSelector.matches(filter.getLabelSelectorMap(), pod.config().getLabelsMap());
  }
}
