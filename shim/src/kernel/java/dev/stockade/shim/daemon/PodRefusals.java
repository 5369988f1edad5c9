package dev.stockade.shim.daemon;

import static io.grpc.Status.Code.ALREADY_EXISTS;
import static io.grpc.Status.Code.FAILED_PRECONDITION;
import static io.grpc.Status.Code.INVALID_ARGUMENT;

import dev.stockade.cri.v1.RunPodSandboxRequest;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;

/** Pods that must be refused, by their changes to a sound one. */
final class PodRefusals {
  private static final String SECURITY = "linux.security_context.";
  private static final String NAMESPACES = SECURITY + "namespace_options.";

  private final List<Refusal> rows = new ArrayList<>();

  private PodRefusals() {}

  static List<Refusal> all() {
    PodRefusals table = new PodRefusals();
    table.names();
    table.network();
    table.namespaces();
    table.sysctls();
    table.security();
    table.whole();
    return table.rows;
  }

  private void row(String what, Status.Code code, String field, String change) {
    rows.add(Refusal.of(what, code, field, scene -> scene.client.run(scene.pod(change))));
  }

  private void names() {
    row("pod without a name", INVALID_ARGUMENT, "metadata.name", "metadata { name: '' }");
    row(
        "name of 256 letters",
        INVALID_ARGUMENT,
        "metadata.name",
        "metadata { name: '" + "n".repeat(256) + "' }");
    row("NUL in a namespace", INVALID_ARGUMENT, "metadata.namespace", "metadata{namespace:'\\0'}");
    row("hostname with a line break", INVALID_ARGUMENT, "hostname", "hostname: 'a\\nb'");
    row(
        "hostname of 65 letters",
        INVALID_ARGUMENT,
        "hostname",
        "hostname: '" + "h".repeat(65) + "'");
    row("label without a key", INVALID_ARGUMENT, "labels", "labels { key: '' value: 'v' }");
    row(
        "log directory that is relative",
        INVALID_ARGUMENT,
        "log_directory",
        "log_directory: 'logs'");
    row("log directory with ..", INVALID_ARGUMENT, "log_directory", "log_directory: '/var/../etc'");
  }

  private void network() {
    row(
        "two lines in a name server",
        INVALID_ARGUMENT,
        "dns_config.servers[0]",
        "dns_config { servers: '1.1.1.1\\nnameserver 6.6.6.6' }");
    row(
        "two words in a search domain",
        INVALID_ARGUMENT,
        "dns_config.searches[1]",
        "dns_config { searches: 'a.b' searches: 'a b' }");
    row(
        "line break in an option",
        INVALID_ARGUMENT,
        "dns_config.options[0]",
        "dns_config { options: 'ndots:5\\n' }");
    row(
        "port 70000",
        INVALID_ARGUMENT,
        "port_mappings[0]",
        "port_mappings { container_port: 70000 host_port: 80 }");
    row(
        "protocol 9",
        INVALID_ARGUMENT,
        "port_mappings[0].protocol",
        "port_mappings { container_port: 80 protocol: 9 }");
    row(
        "host address that is a name",
        INVALID_ARGUMENT,
        "port_mappings[0].host_ip",
        "port_mappings { container_port: 80 host_port: 80 host_ip: 'localhost' }");
    row(
        "network of its own without a CNI configuration",
        FAILED_PRECONDITION,
        NAMESPACES + "network",
        "linux { security_context { namespace_options { network: POD } } }");
  }

  private void namespaces() {
    String options = "linux { security_context { namespace_options { %s } } }";
    row(
        "network per container",
        INVALID_ARGUMENT,
        NAMESPACES + "network",
        options.formatted("network: CONTAINER"));
    row("IPC mode 7", INVALID_ARGUMENT, NAMESPACES + "ipc", options.formatted("ipc: 7"));
    row("PID mode TARGET", INVALID_ARGUMENT, NAMESPACES + "pid", options.formatted("pid: TARGET"));
    row(
        "target without TARGET",
        INVALID_ARGUMENT,
        NAMESPACES + "target_id",
        options.formatted("target_id: 'abc'"));
    String user = options.formatted("userns_options { mode: %s }");
    row(
        "user namespace per container",
        INVALID_ARGUMENT,
        NAMESPACES + "userns_options.mode",
        user.formatted("CONTAINER"));
    row(
        "user namespace without maps",
        INVALID_ARGUMENT,
        NAMESPACES + "userns_options.uids",
        user.formatted("POD"));
    row(
        "maps with the node's user namespace",
        INVALID_ARGUMENT,
        NAMESPACES + "userns_options",
        user.formatted("NODE uids { host_id: 65536 length: 65536 }"));
    String range = "{ host_id: 65536 container_id: %d length: %d }";
    row(
        "id 0 that is not mapped",
        INVALID_ARGUMENT,
        NAMESPACES + "userns_options.gids",
        user.formatted("POD uids " + range.formatted(0, 9) + " gids " + range.formatted(1, 9)));
    row(
        "range without ids",
        INVALID_ARGUMENT,
        NAMESPACES + "userns_options.uids[0]",
        user.formatted("POD uids " + range.formatted(0, 0) + " gids " + range.formatted(0, 9)));
    row(
        "two ranges",
        INVALID_ARGUMENT,
        NAMESPACES + "userns_options.uids",
        user.formatted("POD uids [ { length: 1 }, { length: 1 } ] gids " + range.formatted(0, 9)));
    String maps = "POD uids " + range.formatted(0, 9) + " gids " + range.formatted(0, 9);
    for (String host : List.of("pid", "ipc")) {
      row(
          "user namespace with the host's " + host,
          INVALID_ARGUMENT,
          NAMESPACES + host,
          options.formatted("%s: NODE userns_options { mode: %s }".formatted(host, maps)));
    }
    row(
        "ping groups beyond the map",
        INVALID_ARGUMENT,
        "linux.sysctls['net.ipv4.ping_group_range']",
        "linux { security_context { namespace_options { userns_options { mode: %s } } } sysctls { key: 'net.ipv4.ping_group_range' value: '0 9' } }"
            .formatted(maps));
  }

  private void sysctls() {
    String one = "linux { sysctls { key: '%s' value: '%s' } }";
    row(
        "sysctl of the whole node",
        INVALID_ARGUMENT,
        "linux.sysctls['kernel.core_pattern']",
        one.formatted("kernel.core_pattern", "|/bin/x"));
    row(
        "sysctl of the host's network",
        INVALID_ARGUMENT,
        "linux.sysctls['net.core.somaxconn']",
        one.formatted("net.core.somaxconn", "1024"));
    row(
        "sysctl of two lines",
        INVALID_ARGUMENT,
        "linux.sysctls['kernel.shmmax']",
        one.formatted("kernel.shmmax", "1\\n2"));
    row(
        "sysctl that climbs",
        INVALID_ARGUMENT,
        "linux.sysctls['kernel/../../x']",
        one.formatted("kernel/../../x", "1"));
    row(
        "sysctl that the kernel does not take",
        INVALID_ARGUMENT,
        "linux.sysctls",
        one.formatted("kernel.shmmax", "many"));
  }

  private void security() {
    String security = "linux { security_context { %s } }";
    row(
        "SELinux on a node without it",
        FAILED_PRECONDITION,
        SECURITY + "selinux_options",
        security.formatted("selinux_options { type: 'container_t' }"));
    row(
        "user below 0",
        INVALID_ARGUMENT,
        SECURITY + "run_as_user",
        security.formatted("run_as_user { value: -1 }"));
    row(
        "group without a user",
        INVALID_ARGUMENT,
        SECURITY + "run_as_group",
        security.formatted("run_as_group { value: 5 }"));
    row(
        "group beyond 31 bits",
        INVALID_ARGUMENT,
        SECURITY + "supplemental_groups[1]",
        security.formatted("supplemental_groups: [ 1, 4294967296 ]"));
    row(
        "group policy 5",
        INVALID_ARGUMENT,
        SECURITY + "supplemental_groups_policy",
        security.formatted("supplemental_groups_policy: 5"));
    row(
        "seccomp profile without a name",
        INVALID_ARGUMENT,
        SECURITY + "seccomp.localhost_ref",
        security.formatted("seccomp { profile_type: Localhost }"));
    row(
        "old seccomp profile of no form",
        INVALID_ARGUMENT,
        SECURITY + "seccomp_profile_path",
        security.formatted("seccomp_profile_path: 'strict'"));
    row(
        "old seccomp profile beside another",
        INVALID_ARGUMENT,
        SECURITY + "seccomp_profile_path",
        security.formatted(
            "seccomp { profile_type: Unconfined } seccomp_profile_path: 'runtime/default'"));
    row(
        "AppArmor profile of type 4",
        INVALID_ARGUMENT,
        SECURITY + "apparmor.profile_type",
        security.formatted("apparmor { profile_type: 4 }"));
    row(
        "AppArmor profile of the pod's own",
        FAILED_PRECONDITION,
        SECURITY + "apparmor",
        security.formatted("apparmor { profile_type: RuntimeDefault }"));
    row(
        "cgroup parent that climbs",
        INVALID_ARGUMENT,
        "linux.cgroup_parent",
        "linux { cgroup_parent: '/a/../../b' }");
    row(
        "cgroup parent that is a slice",
        INVALID_ARGUMENT,
        "linux.cgroup_parent",
        "linux { cgroup_parent: 'kubepods.slice' }");
    row(
        "cgroup parent that is relative",
        INVALID_ARGUMENT,
        "linux.cgroup_parent",
        "linux { cgroup_parent: 'kubepods' }");
  }

  private void whole() {
    row("Windows pod", INVALID_ARGUMENT, "windows", "windows { }");
    rows.add(
        Refusal.of(
                "two mistakes",
                INVALID_ARGUMENT,
                "hostname",
                scene -> scene.client.run(scene.pod("hostname: '-' linux { cgroup_parent: 'x' }")))
            .saying("linux.cgroup_parent"));
    rows.add(
        Refusal.of(
            "handler of another runtime",
            INVALID_ARGUMENT,
            "runtime_handler",
            scene -> send(scene, RunPodSandboxRequest.newBuilder().setRuntimeHandler("kata"))));
    rows.add(
        Refusal.of(
            "request without a pod",
            INVALID_ARGUMENT,
            "config",
            scene ->
                scene.client.runtime().runPodSandbox(RunPodSandboxRequest.getDefaultInstance())));
    rows.add(
        Refusal.of(
            "name that is taken",
            ALREADY_EXISTS,
            "metadata",
            scene -> scene.client.run(scene.client.pod("base").setHostname("other"))));
  }

  private static void send(RefusalScene scene, RunPodSandboxRequest.Builder request)
      throws Exception {
    scene.client.runtime().runPodSandbox(request.setConfig(scene.pod("")).build());
  }
}
