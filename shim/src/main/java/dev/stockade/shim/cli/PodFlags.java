package dev.stockade.shim.cli;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.LinuxSandboxSecurityContext;
import dev.stockade.cri.v1.NamespaceMode;
import dev.stockade.cri.v1.NamespaceOption;
import dev.stockade.cri.v1.PodSandboxConfig;
import dev.stockade.cri.v1.SecurityProfile;
import dev.stockade.shim.cli.manifest.KubeletDefaults;
import dev.stockade.shim.cli.manifest.PodPlace;
import dev.stockade.shim.cli.manifest.PodRequest;
import dev.stockade.shim.cli.manifest.PodRequest.ImageUser;
import dev.stockade.shim.cli.manifest.PodRequest.OneContainer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** The flags of {@code run} that describe a pod of one container. */
final class PodFlags {
  private static final String DEFAULT_NAME = "run";

  @ArgGroup(exclusive = false)
  private ContainerFlags container = new ContainerFlags();

  @Option(
      names = "--name",
      paramLabel = "NAME",
      defaultValue = "",
      description = "Name of pod and container. Default: run- and a part of the pod's uid.")
  private String name = "";

  @Option(
      names = "--namespace",
      paramLabel = "NAME",
      defaultValue = "default",
      description = "Kubernetes namespace. Default: default.")
  private String namespace = "default";

  @Option(names = "--label", paramLabel = "KEY=VALUE", description = "Label of pod and container.")
  private Map<String, String> labels = new LinkedHashMap<>();

  @Option(names = "--annotation", paramLabel = "KEY=VALUE", description = "Annotation of the pod.")
  private Map<String, String> annotations = new LinkedHashMap<>();

  @Option(
      names = "--hostname",
      paramLabel = "NAME",
      defaultValue = "",
      description = "Host name. Default: the pod's name.")
  private String hostname = "";

  @Option(names = "--sysctl", paramLabel = "NAME=VALUE", description = "Kernel parameter.")
  private Map<String, String> sysctls = new LinkedHashMap<>();

  @Option(names = "--host-network", description = "The host's network namespace.")
  private boolean hostNetwork;

  @Option(names = "--host-pid", description = "The host's PID namespace.")
  private boolean hostPid;

  @Option(names = "--host-ipc", description = "The host's IPC namespace.")
  private boolean hostIpc;

  @Option(names = "--userns", description = "A user namespace of the pod's own.")
  private boolean ownUserNamespace;

  /** The pod as it is asked of the daemon. */
  PodRequest toRequest(PodPlace place, List<String> command, Map<String, String> environment) {
    String podName = name.isEmpty() ? DEFAULT_NAME + "-" + place.uid().substring(0, 8) : name;
    if (!KubeletDefaults.isLabel(podName) || !KubeletDefaults.isLabel(namespace)) {
      throw CommandFailure.usage(
          "--name and --namespace take up to 63 small letters, digits and \"-\"");
    }
    if (hostNetwork && !hostname.isEmpty()) {
      throw CommandFailure.usage("--hostname cannot go together with --host-network");
    }
    NamespaceOption namespaces = KubeletDefaults.namespaces(hostNetwork, hostPid, hostIpc, false);
    ContainerConfig config =
        container.toCri(podName, command, namespaces, environment).toBuilder()
            .putAllLabels(labels)
            .build();
    return new PodRequest(
        sandbox(podName, place, namespaces),
        "",
        ownUserNamespace,
        List.of(),
        List.of(),
        List.of(new OneContainer(config, ImageUser.LEAVE)),
        KubeletDefaults.GRACE_PERIOD_SECONDS,
        List.of());
  }

  private PodSandboxConfig sandbox(String podName, PodPlace place, NamespaceOption namespaces) {
    PodSandboxConfig.Builder sandbox = PodSandboxConfig.newBuilder();
    sandbox.getMetadataBuilder().setName(podName).setNamespace(namespace).setUid(place.uid());
    sandbox.setLogDirectory(place.logs().toString());
    sandbox.putAllLabels(labels).putAllAnnotations(annotations);
    if (namespaces.getNetwork() == NamespaceMode.POD) {
      sandbox.setHostname(hostname.isEmpty() ? KubeletDefaults.hostname(podName) : hostname);
    }
    sandbox
        .getLinuxBuilder()
        .putAllSysctls(sysctls)
        .setSecurityContext(
            LinuxSandboxSecurityContext.newBuilder()
                .setNamespaceOptions(namespaces)
                .setPrivileged(container.isPrivileged())
                .setSeccomp(SecurityProfile.getDefaultInstance()));
    return sandbox.build();
  }
}
