package dev.stockade.shim.daemon;

import dev.stockade.cri.v1.Device;
import dev.stockade.cri.v1.LinuxContainerResources;
import dev.stockade.cri.v1.Mount;
import dev.stockade.cri.v1.MountPropagation;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What the documents refuse of what a container asks besides its security context. One method for
 * each time something is found out; a refusal names all that is found at the same time.
 */
final class ContainerModel {
  private static final String RESOURCES = "linux.resources.";
  private static final Set<String> OF_THE_NODE = Set.of("vm.swappiness", "kernel.hostname");

  private final RandomContainer asked;
  private final boolean privileged;
  private final boolean mapped;
  private final ContextNode node;
  private final Set<String> refusing;

  ContainerModel(RandomContext context, ContextNode node, Set<String> refusing) {
    this.asked = context.besides();
    this.privileged = context.asked().getPrivileged();
    this.mapped = context.pod().mapped();
    this.node = node;
    this.refusing = refusing;
  }

  private void refuse(boolean when, String field, String reason) {
    if (when) {
      refusing.add(field + ": " + reason);
    }
  }

  /** Of the pod: its network is the host's, its queues and shared memory are its own. */
  void unsoundSysctls() {
    asked
        .sysctls()
        .forEach(
            (name, value) -> {
              String field = "linux.sysctls['" + name + "']";
              refuse(OF_THE_NODE.contains(name), field, "is not kept per namespace");
              refuse(name.startsWith("net."), field, "would change the host's network");
              refuse(value.contains("\n"), field, "has an empty value or a control character");
            });
  }

  /** What only the kernel can judge. */
  void sysctlsOfNoValue() {
    refuse(asked.sysctls().containsValue("many"), "linux.sysctls", "");
  }

  void unsound() {
    Set<String> targets = new HashSet<>();
    for (int i = 0; i < asked.mounts().size(); i++) {
      unsound("mounts[" + i + "]", asked.mounts().get(i), targets);
    }
    for (int i = 0; i < asked.devices().size(); i++) {
      Device device = asked.devices().get(i);
      String field = "devices[" + i + "].";
      unsoundPath(field + "host_path", device.getHostPath());
      unsoundPath(field + "container_path", inside(device));
      String there = inside(device).startsWith("/") ? inside(device) : "/" + inside(device);
      refuse(
          mapped && !there.equals(device.getHostPath()),
          field + "container_path",
          "is another path than the host's, and a user namespace shows the host's own nodes");
      String access = device.getPermissions();
      refuse(
          access.equals("rr") || access.contains("x"),
          field + "permissions",
          "'" + access + "' is not a device access");
    }
    LinuxContainerResources resources = asked.resources();
    long score = resources.getOomScoreAdj();
    refuse(score > 1000, RESOURCES + "oom_score_adj", score + " is out of range");
    long memory = resources.getMemoryLimitInBytes();
    refuse(memory < -1, RESOURCES + "memory_limit_in_bytes", memory + " is not a size");
    refuse(resources.getCpuShares() == 1, RESOURCES + "cpu_shares", "1 is out of range");
    refuse(
        resources.containsUnified("cgroup.kill"),
        RESOURCES + "unified",
        "'cgroup.kill' is not a file of a controller");
  }

  static String inside(Device device) {
    String path = device.getContainerPath();
    return path.isEmpty() ? device.getHostPath() : path;
  }

  private void unsoundPath(String field, String path) {
    refuse(!path.startsWith("/"), field, "'" + path + "' is not absolute");
    refuse(path.startsWith("/") && path.contains(".."), field, "'" + path + "' has a '..'");
  }

  private void unsound(String field, Mount mount, Set<String> targets) {
    String target = mount.getContainerPath();
    unsoundPath(field + ".container_path", target);
    unsoundPath(field + ".host_path", mount.getHostPath());
    String where = field + ".container_path";
    refuse(target.equals("/"), where, "is the root of the container");
    refuse(
        target.startsWith("/proc"), where, "'" + target + "' would cover the container's procfs");
    refuse(!targets.add(target), where, "'" + target + "' is mounted twice");
    int propagation = mount.getPropagationValue();
    refuse(propagation == 5, field + ".propagation", "5 is not a mount propagation");
    boolean recursive = mount.getRecursiveReadOnly();
    String readOnly = field + ".recursive_read_only";
    refuse(recursive && !mount.getReadonly(), readOnly, "is set on a writable mount");
    refuse(
        recursive && propagates(mount), readOnly, "cannot hold for mounts that propagate in later");
  }

  static boolean propagates(Mount mount) {
    return mount.getPropagation() == MountPropagation.PROPAGATION_HOST_TO_CONTAINER
        || mount.getPropagation() == MountPropagation.PROPAGATION_BIDIRECTIONAL;
  }

  /** What this node cannot enforce. */
  void notOfThisNode() {
    for (int i = 0; i < asked.mounts().size(); i++) {
      String target = asked.mounts().get(i).getContainerPath();
      refuse(
          target.startsWith("/sys/") && !privileged,
          "mounts[" + i + "].container_path",
          target + " would cover a part of the container's sysfs");
    }
    LinuxContainerResources resources = asked.resources();
    need(resources.getMemoryLimitInBytes() > 0, "memory_limit_in_bytes", "memory");
    need(resources.getCpuQuota() > 0, "cpu_quota", "cpu");
    need(resources.containsUnified("pids.max"), "unified[pids.max]", "pids");
    need(
        resources.getHugepageLimitsList().stream().anyMatch(limit -> limit.getLimit() > 0),
        "hugepage_limits",
        "hugetlb");
  }

  private void need(boolean when, String field, String controller) {
    refuse(
        when && !node.controllers().contains(controller),
        RESOURCES + field,
        "needs the " + controller + " controller");
  }

  /** What of the host is not there, or not for containers. */
  void sources() {
    for (int i = 0; i < asked.mounts().size(); i++) {
      Mount mount = asked.mounts().get(i);
      String field = "mounts[" + i + "].";
      if (!ContextNode.exists(mount.getHostPath())) {
        refuse(true, field + "host_path", "cannot be reached: ");
        continue;
      }
      boolean own = mount.getHostPath().equals(node.own().toString());
      refuse(own && !privileged, field + "host_path", "is a directory of this runtime");
      if (propagates(mount)) {
        String way = mount.getPropagation().name().replace("PROPAGATION_", "");
        String kinds = way.equals("BIDIRECTIONAL") ? "shared:" : "(shared|master):";
        refuse(
            !ContextNode.propagates(ContextNode.real(mount.getHostPath()), kinds),
            field + "propagation",
            "asks for " + way + ", and the source is on a private mount");
      }
    }
  }

  /** The first that is none. */
  void devices() {
    for (int i = 0; i < asked.devices().size() && refusing.isEmpty(); i++) {
      String source = asked.devices().get(i).getHostPath();
      String field = "devices[" + i + "].host_path";
      refuse(source.equals("/dev/none"), field, source);
      refuse(!source.startsWith("/dev/"), field, source + " is no device");
    }
  }

  /**
   * What the kernel refuses: only CAP_SYS_RESOURCE of the initial user namespace lowers a score,
   * proc_pid_oom_score_adj(5).
   */
  void score() {
    boolean may = ContextIdentity.mayRaise(node.available()) && !mapped;
    boolean lower = asked.resources().getOomScoreAdj() < 0;
    refuse(lower && !may, RESOURCES + "oom_score_adj", "");
  }

  /** The files of the limits, with what they then hold. */
  Map<String, String> limits() {
    Map<String, String> files = new TreeMap<>();
    LinuxContainerResources resources = asked.resources();
    if (resources.getMemoryLimitInBytes() > 0) {
      files.put("memory.max", String.valueOf(resources.getMemoryLimitInBytes()));
    }
    if (resources.getCpuQuota() > 0) {
      files.put("cpu.max", resources.getCpuQuota() + " 100000");
    }
    files.putAll(resources.getUnifiedMap());
    // A limit of nothing asks for nothing where nothing could be had.
    resources.getHugepageLimitsList().stream()
        .filter(limit -> node.controllers().contains("hugetlb"))
        .forEach(limit -> files.put("hugetlb.2MB.max", String.valueOf(limit.getLimit())));
    return files;
  }

  /** The rules of the device program: the harmless devices, and what is asked for. */
  String deviceRules() {
    if (privileged) {
      return "allow a *:* rwm";
    }
    StringBuilder rules =
        new StringBuilder("deny a *:* rwm, allow c *:* m, allow b *:* m, allow c 1:3 rwm");
    for (String harmless : List.of("1:5", "1:7", "1:8", "1:9", "5:0", "5:1", "5:2", "136:*")) {
      rules.append(", allow c ").append(harmless).append(" rwm");
    }
    for (Device device : asked.devices()) {
      rules.append(", allow ").append(ContextNode.number(device.getHostPath())).append(' ');
      for (String right : List.of("r", "w", "m")) {
        rules.append(device.getPermissions().contains(right) ? right : "");
      }
    }
    return rules.toString();
  }
}
