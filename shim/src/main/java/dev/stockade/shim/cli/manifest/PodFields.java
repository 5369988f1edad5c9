package dev.stockade.shim.cli.manifest;

import dev.stockade.cri.v1.LinuxSandboxSecurityContext;
import dev.stockade.cri.v1.NamespaceMode;
import dev.stockade.cri.v1.NamespaceOption;
import dev.stockade.cri.v1.PodSandboxConfig;
import dev.stockade.cri.v1.PortMapping;
import dev.stockade.cri.v1.SecurityProfile;
import dev.stockade.shim.cli.manifest.PodRequest.EmptyDir;
import dev.stockade.shim.cli.manifest.PodRequest.OneContainer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;

/** The pod of a manifest, its containers apart. */
final class PodFields {
  private static final Map<String, Boolean> RESTART_POLICIES =
      Map.of("Always", true, "OnFailure", true, "Never", false);

  private final PodSandboxConfig.Builder sandbox = PodSandboxConfig.newBuilder();
  private final List<ContainerFields> initContainers = new ArrayList<>();
  private final List<ContainerFields> containers = new ArrayList<>();
  private final PodPlace place;
  private final NodeFacts node;

  private List<EmptyDir> emptyDirs = List.of();
  private String handler = "";
  private boolean ownUserNamespace;
  private long gracePeriod = KubeletDefaults.GRACE_PERIOD_SECONDS;

  PodFields(PodPlace place, NodeFacts node) {
    this.place = place;
    this.node = node;
    sandbox.setLogDirectory(place.logs().toString());
    sandbox.getMetadataBuilder().setUid(place.uid());
  }

  void metadata(Fields fields) {
    String name = fields.requiredText("name");
    if (!name.isEmpty() && !KubeletDefaults.isSubdomain(name)) {
      fields.problem("name", "has to be small letters, digits, \"-\" and \".\"");
    }
    String namespace = fields.text("namespace").orElse("default");
    if (!KubeletDefaults.isLabel(namespace)) {
      fields.problem("namespace", "has to be a DNS label of small letters, digits and \"-\"");
    }
    sandbox.getMetadataBuilder().setName(name).setNamespace(namespace);
    sandbox.putAllLabels(fields.textMap("labels"));
    sandbox.putAllAnnotations(fields.textMap("annotations"));
    sandbox.putLabels("io.kubernetes.pod.name", name);
    sandbox.putLabels("io.kubernetes.pod.namespace", namespace);
    sandbox.putLabels("io.kubernetes.pod.uid", place.uid());
    fields.end();
  }

  void spec(Fields fields) {
    NamespaceOption namespaces = namespaces(fields);
    PodSecurity[] security = {PodSecurity.NONE};
    fields.ifObject(
        "securityContext",
        context -> security[0] = PodSecurity.read(context, place.seccompProfiles()));
    Volumes volumes = Volumes.read(fields, place, security[0].volumeGroup());
    emptyDirs = volumes.emptyDirs();
    containers(fields, context(security[0], volumes, namespaces));
    hostname(fields, namespaces);
    new DnsFields(fields).into(sandbox);
    handler = fields.text("runtimeClassName").orElse("");
    gracePeriod =
        fields.number("terminationGracePeriodSeconds", 0, Integer.MAX_VALUE).orElse(gracePeriod);
    if (fields.choice("restartPolicy", RESTART_POLICIES).orElse(false)) {
      fields.notice("restartPolicy", "ignored: what ends is not started again");
    }
    sandbox(security[0], namespaces);
    fields.end();
  }

  PodRequest toRequest(List<String> notices) {
    List<ResourceAmounts> amounts =
        Stream.concat(initContainers.stream(), containers.stream())
            .map(ContainerFields::resources)
            .toList();
    QualityOfService quality = QualityOfService.of(amounts);
    return new PodRequest(
        sandbox.build(),
        handler,
        ownUserNamespace,
        emptyDirs,
        requests(initContainers, quality),
        requests(containers, quality),
        gracePeriod,
        notices);
  }

  private List<OneContainer> requests(List<ContainerFields> all, QualityOfService quality) {
    return all.stream().map(one -> one.toRequest(quality, node.memoryBytes())).toList();
  }

  private PodContext context(PodSecurity security, Volumes volumes, NamespaceOption namespaces) {
    return new PodContext(
        place,
        node,
        security,
        volumes,
        namespaces,
        sandbox.getMetadata().getName(),
        sandbox.getMetadata().getNamespace());
  }

  private NamespaceOption namespaces(Fields fields) {
    boolean network = fields.flag("hostNetwork", false);
    boolean pid = fields.flag("hostPID", false);
    boolean ipc = fields.flag("hostIPC", false);
    boolean shared = fields.flag("shareProcessNamespace", false);
    ownUserNamespace = !fields.flag("hostUsers", true);
    if (pid && shared) {
      fields.problem("shareProcessNamespace", "cannot go together with hostPID");
    }
    if (ownUserNamespace && (pid || ipc)) {
      fields.problem("hostUsers", "false cannot go together with hostPID or hostIPC");
    }
    return KubeletDefaults.namespaces(network, pid, ipc, shared);
  }

  private void containers(Fields fields, PodContext pod) {
    List<PortMapping> ports = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (String list : List.of("initContainers", "containers")) {
      List<ContainerFields> into = list.equals("containers") ? containers : initContainers;
      fields.each(
          list,
          item -> {
            ContainerFields container = ContainerFields.read(item, pod, ports);
            if (!names.add(container.name())) {
              item.problem("name", "occurs twice: " + container.name());
            }
            into.add(container);
          });
    }
    if (containers.isEmpty()) {
      fields.problem("containers", "is required");
    }
    if (pod.namespaces().getNetwork() == NamespaceMode.POD) {
      sandbox.addAllPortMappings(ports);
    }
  }

  /** A pod on the host's network has the host's name. */
  private void hostname(Fields fields, NamespaceOption namespaces) {
    String given = fields.text("hostname").orElse("");
    if (!given.isEmpty() && !KubeletDefaults.isLabel(given)) {
      fields.problem("hostname", "has to be a DNS label of small letters, digits and \"-\"");
    }
    if (namespaces.getNetwork() == NamespaceMode.POD) {
      String name = sandbox.getMetadata().getName();
      sandbox.setHostname(given.isEmpty() ? KubeletDefaults.hostname(name) : given);
    } else if (!given.isEmpty()) {
      fields.problem("hostname", "cannot be set together with hostNetwork");
    }
  }

  private void sandbox(PodSecurity security, NamespaceOption namespaces) {
    SecurityFields shared = security.shared();
    LinuxSandboxSecurityContext.Builder context =
        LinuxSandboxSecurityContext.newBuilder()
            .setNamespaceOptions(namespaces)
            .addAllSupplementalGroups(security.supplementalGroups())
            .setSupplementalGroupsPolicy(security.groupsPolicy())
            .setSeccomp(SecurityProfile.getDefaultInstance())
            .setPrivileged(
                Stream.concat(initContainers.stream(), containers.stream())
                    .anyMatch(ContainerFields::privileged));
    shared.user().ifPresent(id -> context.setRunAsUser(SecurityFields.id(id)));
    OptionalLong group = shared.user().isPresent() ? shared.group() : OptionalLong.empty();
    group.ifPresent(id -> context.setRunAsGroup(SecurityFields.id(id)));
    shared.selinux().ifPresent(context::setSelinuxOptions);
    sandbox.getLinuxBuilder().setSecurityContext(context).putAllSysctls(security.sysctls());
  }
}
