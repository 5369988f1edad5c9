package dev.stockade.shim.intent;

import dev.stockade.cri.v1.LinuxContainerSecurityContext;
import dev.stockade.cri.v1.LinuxPodSandboxConfig;
import dev.stockade.cri.v1.LinuxSandboxSecurityContext;
import dev.stockade.cri.v1.NamespaceOption;
import dev.stockade.cri.v1.PodSandboxConfig;
import dev.stockade.cri.v1.PodSandboxMetadata;
import dev.stockade.cri.v1.PortMapping;
import dev.stockade.cri.v1.Protocol;
import dev.stockade.cri.v1.SecurityProfile;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** Reads a RunPodSandbox request. */
public final class PodIntentReader {
  private static final String SECURITY = "linux.security_context";
  private static final Pattern HOSTNAME =
      Pattern.compile("[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?");

  /** HOST_NAME_MAX (gethostname(2)). */
  private static final int MAX_HOSTNAME = 64;

  private static final int MOST_PORTS = 1024;

  private final Problems problems = new Problems();

  private PodIntentReader() {}

  /**
   * Validates the request against the protocol.
   *
   * @throws IntentRejection with every problem found
   */
  public static PodIntent read(PodSandboxConfig config) throws IntentRejection {
    PodIntentReader reader = new PodIntentReader();
    PodIntent intent = reader.intent(config);
    reader.problems.refuse("RunPodSandbox");
    return intent;
  }

  /** Reads a request that was accepted before, perhaps by a build with other rules. */
  public static PodIntent reread(PodSandboxConfig config) {
    return new PodIntentReader().intent(config);
  }

  private PodIntent intent(PodSandboxConfig config) {
    new UnknownFields(problems).check("", config);
    if (config.hasWindows()) {
      problems.invalid("windows", "is set", "this node runs Linux; clear the Windows fields");
    }
    TextRules.labels(problems, "labels", config.getLabelsMap());
    TextRules.labels(problems, "annotations", config.getAnnotationsMap());
    LinuxPodSandboxConfig linux = config.getLinux();
    LinuxSandboxSecurityContext security = linux.getSecurityContext();
    NamespaceIntent namespaces = namespaces(security);
    security(security);
    SysctlRules.check(problems, linux.getSysctlsMap(), namespaces);
    return new PodIntent(
        name(config),
        hostname(config.getHostname()),
        logDirectory(config.getLogDirectory()),
        new DnsReader(problems).read(config.getDnsConfig()),
        ports(config.getPortMappingsList()),
        cgroupParent(linux.getCgroupParent()),
        namespaces,
        security.getPrivileged(),
        new SelinuxReader(problems, SECURITY)
            .read(security.hasSelinuxOptions(), security.getSelinuxOptions()),
        SysctlRules.normal(linux.getSysctlsMap()));
  }

  private PodIntent.PodName name(PodSandboxConfig config) {
    PodSandboxMetadata metadata = config.getMetadata();
    if (metadata.getName().isEmpty()) {
      problems.invalid("metadata.name", "is empty", "name the pod");
    }
    TextRules.bounded(problems, "metadata.name", metadata.getName(), TextRules.MAX_NAME_BYTES);
    TextRules.bounded(
        problems, "metadata.namespace", metadata.getNamespace(), TextRules.MAX_NAME_BYTES);
    TextRules.bounded(problems, "metadata.uid", metadata.getUid(), TextRules.MAX_NAME_BYTES);
    return new PodIntent.PodName(
        metadata.getNamespace(), metadata.getName(), metadata.getUid(), metadata.getAttempt());
  }

  private NamespaceIntent namespaces(LinuxSandboxSecurityContext security) {
    NamespaceIntent namespaces =
        new NamespaceReader(problems, SECURITY + ".namespace_options")
            .read(
                security.hasNamespaceOptions()
                    ? security.getNamespaceOptions()
                    : NamespaceOption.getDefaultInstance());
    if (namespaces.pid() == NamespaceIntent.Pid.TARGET) {
      problems.invalid(
          SECURITY + ".namespace_options.pid",
          "is TARGET, which only a container can ask",
          "use POD, CONTAINER or NODE");
    }
    return namespaces;
  }

  /**
   * Of the pod's own there is at most the process that holds a shared PID namespace, and that one
   * is confined further than can be asked; what is asked must be sound all the same.
   */
  private void security(LinuxSandboxSecurityContext security) {
    new ProfileReader(problems)
        .read(
            SECURITY + ".seccomp",
            security.hasSeccomp() ? Optional.of(security.getSeccomp()) : Optional.empty(),
            SECURITY + ".seccomp_profile_path",
            seccompPath(security));
    if (security.hasApparmor()) {
      appArmor(security.getApparmor());
    }
    new UserReader(problems, SECURITY).read(user(security));
  }

  /** Other runtimes take it and do nothing; a label is the one thing that process is without. */
  private void appArmor(SecurityProfile asked) {
    SecurityProfileIntent profile =
        new ProfileReader(problems).structured(SECURITY + ".apparmor", asked);
    if (!(profile instanceof SecurityProfileIntent.Unconfined)) {
      problems.unenforceable(
          SECURITY + ".apparmor",
          "asks for a profile of the pod's own process, which is put under none",
          "give it to the containers, or ask for Unconfined");
    }
  }

  @SuppressWarnings("deprecation") // Old clients send only this field.
  private static String seccompPath(LinuxSandboxSecurityContext security) {
    return security.getSeccompProfilePath();
  }

  /** The same question as for a container, which has more ways to ask it. */
  private static LinuxContainerSecurityContext user(LinuxSandboxSecurityContext security) {
    LinuxContainerSecurityContext.Builder user =
        LinuxContainerSecurityContext.newBuilder()
            .addAllSupplementalGroups(security.getSupplementalGroupsList())
            .setSupplementalGroupsPolicyValue(security.getSupplementalGroupsPolicyValue());
    if (security.hasRunAsUser()) {
      user.setRunAsUser(security.getRunAsUser());
    }
    if (security.hasRunAsGroup()) {
      user.setRunAsGroup(security.getRunAsGroup());
    }
    return user.build();
  }

  private String hostname(String hostname) {
    if (!hostname.isEmpty()
        && (hostname.length() > MAX_HOSTNAME || !HOSTNAME.matcher(hostname).matches())) {
      problems.invalid(
          "hostname",
          TextRules.quoted(hostname) + " is not a host name",
          "use at most 64 letters, digits, '-' and '.'");
    }
    return hostname;
  }

  private Optional<String> logDirectory(String path) {
    if (path.isEmpty() || !TextRules.absolutePath(problems, "log_directory", path)) {
      return Optional.empty();
    }
    return Optional.of(MountReader.normal(path));
  }

  private String cgroupParent(String parent) {
    if (parent.isEmpty()) {
      return "";
    }
    TextRules.bounded(problems, "linux.cgroup_parent", parent, TextRules.MAX_PATH_BYTES);
    if (TextRules.hasParentComponent(parent)) {
      problems.invalid("linux.cgroup_parent", "has a '..' component", "give it without '..'");
    } else if (!parent.startsWith("/") && !parent.endsWith(".slice")) {
      problems.invalid(
          "linux.cgroup_parent", "is not absolute", "give a path beneath the cgroup2 mount");
    }
    return parent;
  }

  private List<PodIntent.PortMapping> ports(List<PortMapping> asked) {
    if (asked.size() > MOST_PORTS) {
      problems.invalid("port_mappings", "has " + asked.size() + " entries", "use " + MOST_PORTS);
      return List.of();
    }
    List<PodIntent.PortMapping> read = new ArrayList<>();
    for (int i = 0; i < asked.size(); i++) {
      PortMapping port = asked.get(i);
      String field = "port_mappings[" + i + "]";
      // The kubelet lists every port of the pod; those without a host port ask for nothing.
      boolean sound = port.getContainerPort() >= 1 && port.getContainerPort() <= 65_535;
      if (!sound || port.getHostPort() < 0 || port.getHostPort() > 65_535) {
        problems.invalid(field, "has a port out of range", "use 1 to 65535");
      }
      if (port.getProtocol() == Protocol.UNRECOGNIZED) {
        problems.invalid(
            field + ".protocol", port.getProtocolValue() + " is unknown", "use TCP, UDP or SCTP");
      } else if (!port.getHostIp().isEmpty() && !IpAddress.isLiteral(port.getHostIp())) {
        problems.invalid(
            field + ".host_ip",
            TextRules.quoted(port.getHostIp()) + " is not an address",
            "give an IPv4 or IPv6 address, or nothing for all");
      } else if (port.getHostPort() > 0) {
        read.add(
            new PodIntent.PortMapping(
                port.getProtocol().name().toLowerCase(Locale.ROOT),
                port.getContainerPort(),
                port.getHostPort(),
                port.getHostIp()));
      }
    }
    return List.copyOf(read);
  }
}
