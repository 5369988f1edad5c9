package dev.stockade.shim.daemon;

import java.util.List;

/** Requests for constraints that other runtimes are known to lose, and that are refused here. */
final class SilentLosses {
  static final String SECURITY = "linux { security_context { %s } }";

  /** Of the profiles that the test writes. */
  static final String FILTER = "seccomp { profile_type: Localhost localhost_ref: '@/%s.json' }";

  private static final String FIELD = "linux.security_context.";

  private SilentLosses() {}

  /**
   * What is asked for in the text form of protocol buffers, and the field of the refusal.
   *
   * @param what says which module the kernel has to be without
   */
  record Refused(String what, String change, String field) {
    /** In a pod that has the host's namespaces. */
    boolean besideTheHosts() {
      return change.contains("pid: NODE");
    }

    @Override
    public String toString() {
      return what;
    }
  }

  private static Refused refused(String what, String change, String field) {
    return new Refused(what, SECURITY.formatted(change), FIELD + field);
  }

  static List<Refused> ofContainers() {
    String hosts = "namespace_options { pid: NODE network: NODE ipc: NODE } ";
    String type = "selinux_options { type: 'container_t' }";
    return List.of(
        refused(
            "the default profile without AppArmor in the kernel",
            "apparmor { profile_type: RuntimeDefault }",
            "apparmor"),
        refused(
            "the default profile in the old field without AppArmor in the kernel",
            "apparmor_profile: 'runtime/default'",
            "apparmor"),
        refused(
            "a profile by name without AppArmor in the kernel",
            "apparmor { profile_type: Localhost localhost_ref: 'mine' }",
            "apparmor"),
        refused(
            "a profile by name in the old field without AppArmor in the kernel",
            "apparmor_profile: 'localhost/mine'",
            "apparmor"),
        refused("a type without SELinux in the kernel", type, "selinux_options"),
        refused(
            "a level without SELinux in the kernel",
            "selinux_options { level: 's0:c1,c2' }",
            "selinux_options"),
        refused(
            "a type beside the host's namespaces without SELinux in the kernel",
            hosts + type,
            "selinux_options"),
        refused(
            "a capability that nobody knows",
            "capabilities { add_capabilities: 'NET_ADMlN' }",
            "capabilities.add_capabilities[0]"),
        refused(
            "a denied call that nobody knows",
            FILTER.formatted("unknown"),
            "seccomp.localhost_ref"),
        new Refused(
            "a source that is not there",
            "mounts { container_path: '/m' host_path: '@/none' }",
            "mounts[0].host_path"));
  }

  static List<Refused> ofPods() {
    return List.of(
        new Refused(
            "a parameter of the whole node",
            "linux { sysctls { key: 'vm.swappiness' value: '1' } }",
            "linux.sysctls['vm.swappiness']"),
        refused(
            "a level of the pod without SELinux in the kernel",
            "selinux_options { level: 's0:c1,c2' }",
            "selinux_options"),
        refused(
            "the default profile for the pod's own process",
            "apparmor { profile_type: RuntimeDefault }",
            "apparmor"),
        refused(
            "a profile by name for the pod's own process",
            "apparmor { profile_type: Localhost localhost_ref: 'mine' }",
            "apparmor"));
  }
}
