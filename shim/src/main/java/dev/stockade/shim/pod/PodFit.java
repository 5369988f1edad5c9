package dev.stockade.shim.pod;

import dev.stockade.launcher.plan.HostFacts;
import dev.stockade.shim.intent.IntentRejection;
import dev.stockade.shim.intent.NamespaceIntent;
import dev.stockade.shim.intent.PodIntent;
import dev.stockade.shim.intent.Problems;
import dev.stockade.shim.intent.RuntimeHandlers;
import java.util.Optional;

/** What of a sound request this node cannot do: refused, never left out. */
final class PodFit {
  private PodFit() {}

  /**
   * Checks a request against the node.
   *
   * @param networkObstacle why pods cannot get a network, if they cannot
   */
  static void check(
      PodIntent intent, String handler, HostFacts facts, Optional<String> networkObstacle)
      throws IntentRejection {
    Problems problems = new Problems();
    RuntimeHandlers.check(problems, "runtime_handler", handler);
    if (intent.namespaces().network() == NamespaceIntent.Sharing.POD) {
      networkObstacle.ifPresent(
          obstacle ->
              problems.unenforceable(
                  "linux.security_context.namespace_options.network",
                  "asks for a network of the pod's own, and there is " + obstacle,
                  "or set network.cni_conf_dir in the configuration"));
    }
    if (intent.namespaces().user().isPresent()) {
      facts
          .idmapObstacle()
          .ifPresent(
              obstacle ->
                  problems.unenforceable(
                      "linux.security_context.namespace_options.userns_options",
                      "asks for a user namespace, and on this node " + obstacle,
                      "use the host's, or do what stockade doctor says"));
    }
    cgroup(problems, intent.cgroupParent(), facts);
    if (intent.selinux().isPresent() && !facts.seLinux()) {
      problems.unenforceable(
          "linux.security_context.selinux_options",
          "asks for an SELinux context, and SELinux is not enabled on this node",
          "clear the options, or enable SELinux");
    }
    problems.refuse("RunPodSandbox");
  }

  private static void cgroup(Problems problems, String parent, HostFacts facts) {
    if (parent.endsWith(".slice")) {
      problems.invalid(
          "linux.cgroup_parent",
          "names a systemd slice, but the cgroup driver of this node is cgroupfs",
          "set cgroupDriver: cgroupfs in the kubelet's configuration");
    }
    if (facts.cgroupMount().isEmpty()) {
      problems.unenforceable(
          "linux.cgroup_parent",
          "no cgroup2 file system is mounted on this node",
          "mount one: mount -t cgroup2 none /sys/fs/cgroup");
    }
  }
}
