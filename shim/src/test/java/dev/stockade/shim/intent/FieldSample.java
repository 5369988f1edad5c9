package dev.stockade.shim.intent;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Two values of one field, in the text form of protocol buffers. Of an enforced field they are two
 * sound ones, of a checked or refused one the second is unsound.
 *
 * @param first merged into a sound request
 * @param second merged into another one
 */
record FieldSample(String first, String second) {
  private static final String RANGE = "{ host_id: 65536 container_id: 0 length: 65536 }";

  /** The field is not set in the first. */
  static FieldSample unset(String path, String value) {
    return new FieldSample("", at(path, value));
  }

  static FieldSample both(String path, String first, String second) {
    return new FieldSample(at(path, first), at(path, second));
  }

  /** {@code a { b: value }} for {@code a.b}. */
  static String at(String path, String value) {
    int dot = path.indexOf('.');
    return dot < 0
        ? path + (value.startsWith("{") ? " " : ": ") + value
        : path.substring(0, dot) + " { " + at(path.substring(dot + 1), value) + " }";
  }

  static Map<String, FieldSample> ofPods() {
    Map<String, FieldSample> samples = new TreeMap<>();
    unset(samples, "", "metadata.name", "'other'", "metadata.uid", "'other'");
    unset(samples, "", "metadata.namespace", "'other'", "metadata.attempt", "7");
    unset(samples, "", "hostname", "'other'", "log_directory", "'/other'");
    unset(samples, "dns_config.", "servers", "'1.1.1.1'", "searches", "'a.b'");
    unset(samples, "dns_config.", "options", "'ndots:5'");
    String port = "port_mappings { container_port: %d host_port: %d %s }";
    String plain = port.formatted(80, 80, "");
    samples.put(
        "port_mappings.protocol", new FieldSample(plain, port.formatted(80, 80, "protocol: UDP")));
    samples.put("port_mappings.container_port", new FieldSample(plain, port.formatted(81, 80, "")));
    samples.put("port_mappings.host_port", new FieldSample(plain, port.formatted(80, 81, "")));
    samples.put(
        "port_mappings.host_ip",
        new FieldSample(plain, port.formatted(80, 80, "host_ip: '127.0.0.1'")));
    unset(samples, "linux.", "cgroup_parent", "'/a'");
    unset(samples, "linux.", "sysctls", "{ key: 'net.core.somaxconn' value: '5' }");
    String security = "linux.security_context.";
    unset(samples, security, "privileged", "true", "run_as_user", "{ value: -1 }");
    unset(samples, security, "run_as_group", "{ value: 5 }", "supplemental_groups", "-5");
    unset(samples, security, "supplemental_groups_policy", "9");
    unset(samples, security, "seccomp", "{ profile_type: 9 }", "apparmor", "{ }");
    unset(samples, security, "seccomp_profile_path", "'strict'");
    String namespaces = security + "namespace_options.";
    unset(samples, namespaces, "network", "NODE", "pid", "CONTAINER", "ipc", "NODE");
    unset(samples, namespaces, "target_id", "'abc'");
    maps(samples, namespaces + "userns_options.");
    selinux(samples, security);
    unset(samples, "", "windows", "{ }");
    return samples;
  }

  private static void maps(Map<String, FieldSample> samples, String path) {
    String sound = at(path + "mode", "POD uids " + RANGE + " gids " + RANGE);
    samples.put(path + "mode", new FieldSample("", sound));
    for (String kind : List.of("uids", "gids")) {
      String other = kind.equals("uids") ? "gids" : "uids";
      for (String changed : List.of("host_id: 65536", "container_id: 0", "length: 65536")) {
        String name = changed.substring(0, changed.indexOf(':'));
        String range = RANGE.replace(changed, name + ": 131072");
        String text = at(path + "mode", "POD " + kind + " " + range + " " + other + " " + RANGE);
        samples.put(path + kind + "." + name, new FieldSample(sound, text));
      }
    }
  }

  static Map<String, FieldSample> ofContainers() {
    Map<String, FieldSample> samples = new TreeMap<>();
    unset(samples, "", "metadata.name", "'other'", "metadata.attempt", "7");
    unset(samples, "", "image.image", "'other:1'", "image.runtime_handler", "'kata'");
    unset(samples, "", "image.user_specified_image", "'said:1'");
    unset(samples, "", "command", "'sh'", "args", "'-c'", "working_dir", "'/w'");
    samples.put("envs.key", both("envs", "{ key: 'A' }", "{ key: 'B' }"));
    samples.put("envs.value", both("envs", "{ key: 'A' }", "{ key: 'A' value: 'v' }"));
    unset(samples, "", "log_path", "'a/b.log'", "stdin", "true", "stdin_once", "true");
    unset(samples, "", "tty", "true", "stop_signal", "SIGINT");
    unset(samples, "", "windows", "{ }", "CDI_devices", "{ name: 'example.com/gpu=0' }");
    mounts(samples);
    devices(samples);
    resources(samples);
    security(samples);
    return samples;
  }

  private static void mounts(Map<String, FieldSample> samples) {
    String mount = "{ container_path: '%s' host_path: '%s' %s }";
    String plain = mount.formatted("/m", "/tmp", "");
    put(samples, "mounts", "container_path", plain, mount.formatted("/n", "/tmp", ""));
    put(samples, "mounts", "host_path", plain, mount.formatted("/m", "/etc", ""));
    for (String more :
        List.of(
            "readonly: true", "selinux_relabel: true", "propagation: PROPAGATION_BIDIRECTIONAL")) {
      String name = more.substring(0, more.indexOf(':'));
      put(samples, "mounts", name, plain, mount.formatted("/m", "/tmp", more));
    }
    String image = "{ container_path: '/m' image { image: '%s' } image_sub_path: '%s' }";
    String whole = image.formatted("a:1", "");
    put(samples, "mounts", "image", whole, image.formatted("b:1", ""));
    put(samples, "mounts", "image_sub_path", whole, image.formatted("a:1", "models"));
    String readOnly = mount.formatted("/m", "/tmp", "readonly: true");
    String recursive = mount.formatted("/m", "/tmp", "readonly: true recursive_read_only: true");
    put(samples, "mounts", "recursive_read_only", readOnly, recursive);
    String maps = "uidMappings { %s } gidMappings { %s }";
    String map = "host_id: 5 container_id: 5 length: 5";
    String sound = mount.formatted("/m", "/tmp", maps.formatted(map, map));
    for (String field : List.of("host_id", "container_id", "length")) {
      String other = map.replace(field + ": 5", field + ": 6");
      String uids = mount.formatted("/m", "/tmp", maps.formatted(other, map));
      String gids = mount.formatted("/m", "/tmp", maps.formatted(map, other));
      put(samples, "mounts", "uidMappings." + field, sound, uids);
      put(samples, "mounts", "gidMappings." + field, sound, gids);
    }
  }

  private static void devices(Map<String, FieldSample> samples) {
    String device = "{ container_path: '%s' host_path: '%s' permissions: '%s' }";
    String plain = device.formatted("/dev/a", "/dev/null", "r");
    put(samples, "devices", "container_path", plain, device.formatted("/dev/b", "/dev/null", "r"));
    put(samples, "devices", "host_path", plain, device.formatted("/dev/a", "/dev/zero", "r"));
    put(samples, "devices", "permissions", plain, device.formatted("/dev/a", "/dev/null", "rw"));
  }

  private static void resources(Map<String, FieldSample> samples) {
    String path = "linux.resources.";
    unset(samples, path, "cpu_period", "50000", "cpu_quota", "50000", "cpu_shares", "512");
    unset(samples, path, "memory_limit_in_bytes", "9000000", "oom_score_adj", "500");
    unset(samples, path, "memory_swap_limit_in_bytes", "9000000");
    unset(samples, path, "cpuset_cpus", "'0-1'", "cpuset_mems", "'0'");
    unset(samples, path, "unified", "{ key: 'memory.high' value: '1' }");
    String pages = "{ page_size: '%s' limit: %d }";
    String plain = pages.formatted("2MB", 4);
    put(samples, path + "hugepage_limits", "page_size", plain, pages.formatted("1GB", 4));
    put(samples, path + "hugepage_limits", "limit", plain, pages.formatted("2MB", 8));
  }

  private static void security(Map<String, FieldSample> samples) {
    String path = "linux.security_context.";
    unset(samples, path, "capabilities.add_capabilities", "'NET_ADMIN'");
    unset(samples, path, "capabilities.drop_capabilities", "'KILL'");
    unset(samples, path, "capabilities.add_ambient_capabilities", "'KILL'");
    unset(samples, path, "privileged", "true", "readonly_rootfs", "true", "no_new_privs", "true");
    unset(samples, path, "run_as_user", "{ value: 5 }", "run_as_username", "'app'");
    String user = at(path + "run_as_user", "{ value: 5 }");
    samples.put(
        path + "run_as_group",
        new FieldSample(user, user + " " + at(path + "run_as_group", "{ value: 5 }")));
    unset(samples, path, "supplemental_groups", "5", "supplemental_groups_policy", "Strict");
    unset(samples, path, "masked_paths", "'/proc/x'", "readonly_paths", "'/proc/y'");
    unset(samples, path, "seccomp", "{ profile_type: Unconfined }");
    unset(samples, path, "apparmor", "{ profile_type: Localhost localhost_ref: 'mine' }");
    unset(samples, path, "seccomp_profile_path", "'runtime/default'");
    unset(samples, path, "apparmor_profile", "'localhost/mine'");
    String namespaces = path + "namespace_options.";
    unset(samples, namespaces, "network", "NODE", "pid", "CONTAINER", "ipc", "NODE");
    unset(
        samples,
        namespaces,
        "userns_options",
        "{ mode: POD uids " + RANGE + " gids " + RANGE + "}");
    String target = "TARGET target_id: '%s'";
    samples.put(
        namespaces + "target_id",
        both(
            namespaces + "pid",
            target.formatted("a".repeat(64)),
            target.formatted("b".repeat(64))));
    selinux(samples, path);
  }

  private static void selinux(Map<String, FieldSample> samples, String security) {
    String path = security + "selinux_options.";
    unset(samples, path, "user", "'u'", "role", "'r'", "type", "'t'", "level", "'s0'");
  }

  private static void put(
      Map<String, FieldSample> samples, String list, String field, String first, String second) {
    samples.put(list + "." + field, both(list, first, second));
  }

  private static void unset(
      Map<String, FieldSample> samples, String prefix, String... pathsAndValues) {
    List<String> words = new ArrayList<>(List.of(pathsAndValues));
    while (!words.isEmpty()) {
      String path = prefix + words.remove(0);
      samples.put(path, unset(path, words.remove(0)));
    }
  }
}
