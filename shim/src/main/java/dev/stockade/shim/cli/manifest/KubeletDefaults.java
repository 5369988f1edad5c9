package dev.stockade.shim.cli.manifest;

import dev.stockade.cri.v1.NamespaceMode;
import dev.stockade.cri.v1.NamespaceOption;
import java.util.List;
import java.util.regex.Pattern;

/** What a kubelet fills in where a manifest says nothing. */
public final class KubeletDefaults {
  /** Paths hidden with {@code procMount: Default}, those of Kubernetes' own list. */
  public static final List<String> MASKED_PATHS =
      List.of(
          "/proc/asound",
          "/proc/acpi",
          "/proc/interrupts",
          "/proc/kcore",
          "/proc/keys",
          "/proc/latency_stats",
          "/proc/timer_list",
          "/proc/timer_stats",
          "/proc/sched_debug",
          "/proc/scsi",
          "/sys/firmware",
          "/sys/devices/virtual/powercap");

  /** Paths made read-only with {@code procMount: Default}. */
  public static final List<String> READ_ONLY_PATHS =
      List.of("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger");

  /** Seconds between the stop signal and SIGKILL. */
  public static final long GRACE_PERIOD_SECONDS = 30;

  /** Directory that {@code localhostProfile} of a seccomp profile is relative to. */
  public static final String SECCOMP_DIRECTORY = "/var/lib/kubelet/seccomp";

  private static final Pattern LABEL = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");
  private static final int LONGEST_SUBDOMAIN = 253;

  private KubeletDefaults() {}

  /** Whether a name can be a container's, volume's or namespace's: a DNS label (RFC 1123). */
  public static boolean isLabel(String name) {
    return LABEL.matcher(name).matches();
  }

  /** Whether a name can be a pod's: DNS labels with dots between them. */
  public static boolean isSubdomain(String name) {
    return name.length() <= LONGEST_SUBDOMAIN
        && List.of(name.split("\\.", -1)).stream().allMatch(KubeletDefaults::isLabel);
  }

  /** The host name a pod's name gives: what fits of it into a DNS label. */
  public static String hostname(String podName) {
    String cut = podName.substring(0, Math.min(podName.length(), 63));
    return cut.replaceAll("[-.]+$", "");
  }

  /** The log file of a container's first attempt, relative to the pod's log directory. */
  public static String logPath(String container) {
    return container + "/0.log";
  }

  /** Namespaces of a pod and its containers. */
  public static NamespaceOption namespaces(
      boolean hostNetwork, boolean hostPid, boolean hostIpc, boolean sharedPid) {
    NamespaceMode pid = sharedPid ? NamespaceMode.POD : NamespaceMode.CONTAINER;
    return NamespaceOption.newBuilder()
        .setNetwork(hostNetwork ? NamespaceMode.NODE : NamespaceMode.POD)
        .setIpc(hostIpc ? NamespaceMode.NODE : NamespaceMode.POD)
        .setPid(hostPid ? NamespaceMode.NODE : pid)
        .build();
  }
}
