package dev.stockade.shim.container;

import dev.stockade.launcher.plan.HostFacts;
import dev.stockade.shim.intent.ContainerIntent;
import dev.stockade.shim.intent.ContainerSecurityIntent;
import dev.stockade.shim.intent.IntentRejection;
import dev.stockade.shim.intent.MountIntent;
import dev.stockade.shim.intent.Problems;
import dev.stockade.shim.intent.ResourceIntent;
import dev.stockade.shim.intent.SecurityProfileIntent;
import dev.stockade.shim.lsm.AppArmor;
import dev.stockade.shim.node.NodeSettings;
import dev.stockade.shim.node.NodeView;
import java.util.List;
import java.util.Set;

/**
 * What of a sound request this node cannot enforce: refused with the field, the reason and the
 * configuration key, never left out.
 */
final class ContainerFit {
  private static final String SECURITY = "linux.security_context.";
  private static final String RESOURCES = "linux.resources.";

  private final HostFacts facts;
  private final AppArmor appArmor;
  private final Problems problems = new Problems();

  private ContainerFit(NodeView node) {
    this.facts = node.facts();
    this.appArmor = node.appArmor();
  }

  static void check(ContainerIntent intent, NodeView node) throws IntentRejection {
    NodeSettings settings = node.settings();
    ContainerFit fit = new ContainerFit(node);
    fit.apparmor(intent.security());
    fit.selinux(intent.security());
    fit.seccomp(intent.security());
    fit.mounts(intent.mounts());
    if (!settings.rules().beneathSys() && !intent.security().privileged()) {
      fit.targets(intent.mounts());
    }
    fit.verification(settings);
    if (!settings.reportMissingControllers()) {
      fit.resources(intent.resources());
    }
    fit.problems.refuse("CreateContainer");
  }

  /** As {@link #check}, of limits alone. */
  static void checkLimits(String call, ResourceIntent limits, NodeView node)
      throws IntentRejection {
    ContainerFit fit = new ContainerFit(node);
    if (!node.settings().reportMissingControllers()) {
      fit.resources(limits);
    }
    fit.problems.refuse(call);
  }

  private void apparmor(ContainerSecurityIntent security) {
    SecurityProfileIntent asked = security.apparmor();
    boolean confined =
        asked instanceof SecurityProfileIntent.RuntimeDefault
            || asked instanceof SecurityProfileIntent.Localhost;
    if (facts.appArmor()) {
      String profile = appArmor.profile(security);
      String says = confined ? "asks for" : "is unset, which asks for";
      String otherwise =
          confined ? "" : ", ask for Unconfined, or set apparmor.unset_profile = \"unconfined\"";
      appArmor
          .obstacle(profile)
          .ifPresent(
              obstacle ->
                  problems.unenforceable(
                      SECURITY + "apparmor",
                      says + " the AppArmor profile " + profile + ", which " + obstacle.reason(),
                      obstacle.remedy() + otherwise));
    } else if (confined && !security.privileged()) {
      problems.unenforceable(
          SECURITY + "apparmor",
          "asks for an AppArmor profile, and AppArmor is not enabled on this node",
          "clear it or use Unconfined, or start the kernel with apparmor=1 security=apparmor");
    }
  }

  private void selinux(ContainerSecurityIntent security) {
    if (security.selinux().isPresent() && !facts.seLinux()) {
      problems.unenforceable(
          SECURITY + "selinux_options",
          "asks for an SELinux context, and SELinux is not enabled on this node",
          "clear the options, or enable SELinux");
    }
  }

  private void seccomp(ContainerSecurityIntent security) {
    boolean asked =
        security.seccomp() instanceof SecurityProfileIntent.RuntimeDefault
            || security.seccomp() instanceof SecurityProfileIntent.Localhost;
    if (asked && !security.privileged() && facts.seccompActions().isEmpty()) {
      problems.unenforceable(
          SECURITY + "seccomp",
          "asks for a system call filter, and this kernel has none",
          "use a kernel with CONFIG_SECCOMP_FILTER");
    }
  }

  private void verification(NodeSettings settings) {
    if (settings.verifyBeforeExec() && !facts.tracing().possible()) {
      problems.unenforceable(
          "linux.security_context",
          "cannot be verified before the first instruction: " + facts.tracing().obstacle(),
          "remove the obstacle, or set verify.require = \"when-possible\"");
    }
  }

  private void mounts(List<MountIntent> mounts) {
    for (int i = 0; i < mounts.size(); i++) {
      if (mounts.get(i).recursiveReadOnly() && !facts.recursiveReadOnly()) {
        problems.unenforceable(
            "mounts[" + i + "].recursive_read_only",
            "asks for what this kernel cannot do",
            "use Linux 5.12 or later");
      }
    }
  }

  /** What lies there is read as the kernel's word, by programs and by whoever looks after them. */
  private void targets(List<MountIntent> mounts) {
    for (int i = 0; i < mounts.size(); i++) {
      if (mounts.get(i).target().startsWith("/sys/")) {
        problems.unenforceable(
            "mounts[" + i + "].container_path",
            mounts.get(i).target() + " would cover a part of the container's sysfs",
            "mount it elsewhere, at /sys as a whole, or set mounts.beneath_sys = \"allow\"");
      }
    }
  }

  private void resources(ResourceIntent asked) {
    if (asked.memoryBytes().isPresent() && asked.memoryBytes().getAsLong() > 0) {
      need("memory_limit_in_bytes", "memory");
    }
    if (asked.memorySwapBytes().isPresent() && asked.memorySwapBytes().getAsLong() > 0) {
      need("memory_swap_limit_in_bytes", "memory");
    }
    if (asked.cpuQuotaMicros().isPresent() && asked.cpuQuotaMicros().getAsLong() > 0) {
      need("cpu_quota", "cpu");
    }
    if (asked.cpuShares().isPresent()) {
      need("cpu_shares", "cpu");
    }
    if (!asked.cpusetCpus().isEmpty()) {
      need("cpuset_cpus", "cpuset");
    }
    if (!asked.cpusetMems().isEmpty()) {
      need("cpuset_mems", "cpuset");
    }
    if (asked.hugepages().stream().anyMatch(limit -> limit.bytes() > 0)) {
      need("hugepage_limits", "hugetlb");
    }
    for (String file : asked.unified().keySet()) {
      need("unified[" + file + "]", file.substring(0, file.indexOf('.')));
    }
  }

  private void need(String field, String controller) {
    Set<String> controllers = facts.cgroupControllers();
    if (!controllers.contains(controller)) {
      problems.unenforceable(
          RESOURCES + field,
          "needs the "
              + controller
              + " controller, which the cgroup2 hierarchy of this node does not have",
          "boot with systemd.unified_cgroup_hierarchy=1, or set cgroup.missing_controllers ="
              + " \"report\" to run without the limit");
    }
  }
}
