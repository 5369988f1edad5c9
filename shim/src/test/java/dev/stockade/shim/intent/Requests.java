package dev.stockade.shim.intent;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.ContainerMetadata;
import dev.stockade.cri.v1.ImageSpec;
import dev.stockade.cri.v1.LinuxContainerConfig;
import dev.stockade.cri.v1.LinuxContainerSecurityContext;
import dev.stockade.cri.v1.LinuxPodSandboxConfig;
import dev.stockade.cri.v1.LinuxSandboxSecurityContext;
import dev.stockade.cri.v1.NamespaceMode;
import dev.stockade.cri.v1.NamespaceOption;
import dev.stockade.cri.v1.PodSandboxConfig;
import dev.stockade.cri.v1.PodSandboxMetadata;
import java.util.List;

/** Requests like those of the kubelet, to be changed one field at a time. */
final class Requests {
  static final PodSandboxMetadata WEB =
      PodSandboxMetadata.newBuilder()
          .setName("web")
          .setNamespace("default")
          .setUid("2f0c3c6e-58a5-4f0a-9a52-000000000001")
          .build();

  private Requests() {}

  static PodSandboxConfig.Builder pod() {
    return PodSandboxConfig.newBuilder()
        .setMetadata(WEB)
        .setHostname("web")
        .setLogDirectory("/var/log/pods/default_web_1");
  }

  static PodSandboxConfig.Builder pod(LinuxSandboxSecurityContext.Builder security) {
    return pod().setLinux(LinuxPodSandboxConfig.newBuilder().setSecurityContext(security));
  }

  static ContainerConfig.Builder container() {
    return ContainerConfig.newBuilder()
        .setMetadata(ContainerMetadata.newBuilder().setName("nginx"))
        .setImage(ImageSpec.newBuilder().setImage("docker.io/library/nginx:1"));
  }

  static ContainerConfig.Builder container(LinuxContainerSecurityContext.Builder security) {
    return container().setLinux(LinuxContainerConfig.newBuilder().setSecurityContext(security));
  }

  static NamespaceOption.Builder pid(NamespaceMode mode) {
    return NamespaceOption.newBuilder().setPid(mode);
  }

  static PodIntent read(PodSandboxConfig.Builder pod) throws IntentRejection {
    return PodIntentReader.read(pod.build());
  }

  static ContainerIntent read(ContainerConfig.Builder container) throws IntentRejection {
    return ContainerIntentReader.read(container.build(), read(pod()));
  }

  /** The fields a request is refused for, in order. */
  static List<String> refusedFields(ContainerConfig.Builder container) {
    try {
      read(container);
      return List.of();
    } catch (IntentRejection e) {
      return e.problems().stream().map(Problem::field).toList();
    }
  }

  static List<String> refusedFields(PodSandboxConfig.Builder pod) {
    try {
      read(pod);
      return List.of();
    } catch (IntentRejection e) {
      return e.problems().stream().map(Problem::field).toList();
    }
  }
}
