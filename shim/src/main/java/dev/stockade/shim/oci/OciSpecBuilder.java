package dev.stockade.shim.oci;

import dev.stockade.launcher.caps.CapabilitySet;
import dev.stockade.launcher.plan.HostFacts;
import dev.stockade.launcher.seccomp.DefaultProfile;
import dev.stockade.launcher.seccomp.Profile;
import dev.stockade.launcher.spec.OciCapabilities;
import dev.stockade.launcher.spec.OciDevice;
import dev.stockade.launcher.spec.OciLinux;
import dev.stockade.launcher.spec.OciMount;
import dev.stockade.launcher.spec.OciNamespace;
import dev.stockade.launcher.spec.OciProcess;
import dev.stockade.launcher.spec.OciResources;
import dev.stockade.launcher.spec.OciRoot;
import dev.stockade.launcher.spec.OciSpec;
import dev.stockade.launcher.spec.OciUser;
import dev.stockade.shim.intent.ContainerIntent;
import dev.stockade.shim.intent.ContainerSecurityIntent;
import dev.stockade.shim.intent.MountIntent;
import dev.stockade.shim.intent.NamespaceIntent;
import dev.stockade.shim.intent.ResourceIntent;
import dev.stockade.shim.intent.SecurityProfileIntent;
import dev.stockade.shim.lsm.SelinuxLabels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Builds the OCI runtime spec of a container from its intent, its image, its pod and the node's
 * defaults.
 */
public final class OciSpecBuilder {
  private static final String OCI_VERSION = "1.2.1";

  private final NodeDefaults defaults;
  private final HostFacts facts;
  private final Path root;

  /**
   * For containers of this node.
   *
   * @param root where each launch attaches its root, in a mount namespace of its own
   */
  public OciSpecBuilder(NodeDefaults defaults, HostFacts facts, Path root) {
    this.defaults = defaults;
    this.facts = facts;
    this.root = root;
  }

  /**
   * The spec of one container.
   *
   * @param limits those of the request that are to be enforced
   */
  public OciSpec build(
      String id,
      ContainerIntent intent,
      ResourceIntent limits,
      PodContext pod,
      ContainerMaterials materials) {
    ContainerSecurityIntent security = intent.security();
    List<OciMount> mounts =
        MountList.of(
            DefaultMounts.of(pod, security.privileged(), security.readOnlyRoot()),
            intent.mounts(),
            materials.imageVolumes());
    CapabilityChoice capabilities = capabilities(security);
    return new OciSpec(
        OCI_VERSION,
        process(intent, pod, materials, capabilities.oci()),
        new OciRoot(root.toString(), security.readOnlyRoot()),
        pod.hostname(),
        "",
        mounts,
        Map.of(),
        null,
        linux(id, intent, limits, pod, materials, capabilities.granted()));
  }

  /**
   * A spec with other limits; which devices it may use stays.
   *
   * @param limits those that are to be enforced
   */
  public OciSpec withLimits(OciSpec spec, ResourceIntent limits) {
    OciLinux linux = Objects.requireNonNull(spec.linux());
    OciResources resources = Objects.requireNonNull(linux.resources());
    boolean hugetlb = facts.cgroupControllers().contains("hugetlb");
    return spec.withLimits(
        ResourceList.of(limits, resources.devices(), hugetlb), limits.oomScoreAdj());
  }

  /** The images that are mounted into a container, by where. */
  public static Map<String, String> imageVolumes(OciSpec spec) {
    Map<String, String> images = new HashMap<>();
    for (OciMount mount : spec.mounts()) {
      MountList.imageOf(mount).ifPresent(image -> images.put(mount.destination(), image));
    }
    return images;
  }

  /** The bounding set of a container. */
  public CapabilitySet granted(ContainerSecurityIntent security) {
    return capabilities(security).granted();
  }

  private CapabilityChoice capabilities(ContainerSecurityIntent security) {
    return CapabilityChoice.of(security, defaults.capabilities(), everyCapability());
  }

  /** No container can get more than the daemon itself may have. */
  private CapabilitySet everyCapability() {
    return CapabilitySet.upTo(facts.lastCapability()).and(facts.bounding());
  }

  private static OciProcess process(
      ContainerIntent intent,
      PodContext pod,
      ContainerMaterials materials,
      OciCapabilities capabilities) {
    Identity identity = materials.identity();
    return new OciProcess(
        intent.terminal(),
        null,
        new OciUser(identity.uid(), identity.gid(), null, identity.groups()),
        ProcessArguments.of(intent, materials.image()),
        ProcessEnvironment.of(intent, materials.image(), pod.hostname(), identity.home()),
        workingDirectory(intent, materials),
        capabilities,
        List.of(),
        intent.security().noNewPrivileges(),
        materials.apparmorProfile(),
        materials.selinux().map(SelinuxLabels::process).orElse(""),
        intent.resources().oomScoreAdj());
  }

  private static String workingDirectory(ContainerIntent intent, ContainerMaterials materials) {
    if (!intent.workingDirectory().isEmpty()) {
      return intent.workingDirectory();
    }
    String image = materials.image().workingDirectory().orElse("/");
    return image.startsWith("/") ? image : "/" + image;
  }

  private OciLinux linux(
      String id,
      ContainerIntent intent,
      ResourceIntent limits,
      PodContext pod,
      ContainerMaterials materials,
      CapabilitySet capabilities) {
    ContainerSecurityIntent security = intent.security();
    boolean privileged = security.privileged();
    boolean hugetlb = facts.cgroupControllers().contains("hugetlb");
    return new OciLinux(
        namespaces(security, pod, materials),
        pod.uidMaps(),
        pod.gidMaps(),
        Map.of(),
        devices(materials),
        pod.cgroup() + "/" + id,
        ResourceList.of(
            limits,
            privileged && defaults.privilegedHostDevices()
                ? DeviceRules.everything()
                : DeviceRules.of(materials.devices()),
            hugetlb),
        rootPropagation(intent.mounts()),
        seccomp(security, materials, capabilities),
        pod.sysctls(),
        privileged ? List.of() : security.maskedPaths(),
        privileged ? List.of() : security.readOnlyPaths(),
        materials.selinux().map(SelinuxLabels::file).orElse(""));
  }

  private static List<OciNamespace> namespaces(
      ContainerSecurityIntent security, PodContext pod, ContainerMaterials materials) {
    List<OciNamespace> namespaces = new ArrayList<>();
    namespaces.add(new OciNamespace("mount", ""));
    if (!security.privileged()) {
      namespaces.add(new OciNamespace("cgroup", ""));
    }
    for (String type : List.of("user", "network", "ipc", "uts")) {
      pod.namespace(type).ifPresent(path -> namespaces.add(join(type, path)));
    }
    NamespaceIntent.Pid pid = security.namespaces().pid();
    if (pid == NamespaceIntent.Pid.CONTAINER) {
      namespaces.add(new OciNamespace("pid", ""));
    } else if (pid == NamespaceIntent.Pid.TARGET) {
      materials.targetPidNamespace().ifPresent(path -> namespaces.add(join("pid", path)));
    } else if (pid == NamespaceIntent.Pid.POD) {
      pod.namespace("pid").ifPresent(path -> namespaces.add(join("pid", path)));
    }
    return List.copyOf(namespaces);
  }

  private static OciNamespace join(String type, Path path) {
    return new OciNamespace(type, path.toString());
  }

  private static List<OciDevice> devices(ContainerMaterials materials) {
    Set<String> seen = new HashSet<>();
    return materials.devices().stream()
        .filter(node -> seen.add(node.path()))
        .map(
            node ->
                new OciDevice(
                    node.path(),
                    String.valueOf(node.type()),
                    node.major(),
                    node.minor(),
                    node.mode(),
                    node.uid(),
                    node.gid()))
        .toList();
  }

  /**
   * A mount that sends or receives later mounts needs a root that does not cut it off
   * (mount_namespaces(7)).
   */
  private static String rootPropagation(List<MountIntent> mounts) {
    String propagation = "";
    for (MountIntent mount : mounts) {
      if (mount.propagation() == MountIntent.Propagation.BIDIRECTIONAL) {
        return "rshared";
      }
      if (mount.propagation() == MountIntent.Propagation.HOST_TO_CONTAINER) {
        propagation = "rslave";
      }
    }
    return propagation;
  }

  private @Nullable Profile seccomp(
      ContainerSecurityIntent security, ContainerMaterials materials, CapabilitySet bounding) {
    if (security.privileged() || security.seccomp() instanceof SecurityProfileIntent.Unconfined) {
      return null;
    }
    if (security.seccomp() instanceof SecurityProfileIntent.Localhost) {
      return materials.localhostProfile().orElseThrow();
    }
    if (security.seccomp() instanceof SecurityProfileIntent.Unset && !defaults.seccompWhenUnset()) {
      return null;
    }
    return DefaultProfile.forCapabilities(Set.copyOf(bounding.ociNames()), facts.arch());
  }
}
