package dev.stockade.shim.call;

import dev.stockade.launcher.plan.StepCode;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The field of a CRI request that a step of a launch, or a place in the OCI spec, comes from:
 * callers know what they asked, not what it was turned into.
 */
final class RequestField {
  private static final String SECURITY = "linux.security_context.";
  private static final String USERS = SECURITY + "namespace_options.userns_options";

  /** Longest beginnings first. */
  private static final List<Map.Entry<String, String>> BY_PLACE =
      List.of(
          Map.entry("process.user.additionalGids", SECURITY + "supplemental_groups"),
          Map.entry("process.user.uid", SECURITY + "run_as_user"),
          Map.entry("process.user.gid", SECURITY + "run_as_group"),
          Map.entry("process.user", SECURITY + "run_as_user"),
          Map.entry("process.args", "command, args"),
          Map.entry("process.env", "envs"),
          Map.entry("process.cwd", "working_dir"),
          Map.entry("process.capabilities", SECURITY + "capabilities"),
          Map.entry("process.noNewPrivileges", SECURITY + "no_new_privs"),
          Map.entry("process.apparmorProfile", SECURITY + "apparmor"),
          Map.entry("process.selinuxLabel", SECURITY + "selinux_options"),
          Map.entry("process.oomScoreAdj", "linux.resources.oom_score_adj"),
          Map.entry("process.terminal", "tty"),
          Map.entry("process", "command, args, envs"),
          Map.entry("root", SECURITY + "readonly_rootfs"),
          Map.entry("hostname", "hostname"),
          Map.entry("mounts", "mounts"),
          Map.entry("hooks", "CDI_devices"),
          Map.entry("linux.devices", "devices"),
          Map.entry("linux.maskedPaths", SECURITY + "masked_paths"),
          Map.entry("linux.readonlyPaths", SECURITY + "readonly_paths"),
          Map.entry("linux.seccomp", SECURITY + "seccomp"),
          Map.entry("linux.sysctl", "linux.sysctls"),
          Map.entry("linux.cgroupsPath", "linux.cgroup_parent"),
          Map.entry("linux.uidMappings", USERS + ".uids"),
          Map.entry("linux.gidMappings", USERS + ".gids"),
          Map.entry("linux.rootfsPropagation", "mounts.propagation"),
          Map.entry("linux.namespaces", SECURITY + "namespace_options"),
          Map.entry("linux.resources.unified", "linux.resources.unified"),
          Map.entry("linux.resources", "linux.resources"));

  private RequestField() {}

  /** The field behind a place in the OCI spec; the place itself where there is none. */
  static String of(String place) {
    return BY_PLACE.stream()
        .filter(entry -> place.startsWith(entry.getKey()))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse(place);
  }

  /** The field a step carries out; empty for a step that no field asks for. */
  static Optional<String> of(StepCode step) {
    return Optional.ofNullable(
        switch (step) {
          case ID_MAPS, JOIN_USER_NS -> USERS;
          case CLONE, JOIN_PID_NS, JOIN_NS, UNSHARE -> SECURITY + "namespace_options";
          case MOUNT_FS, ATTACH -> "mounts";
          case MAKE_DIR -> "working_dir, devices";
          case MAKE_NODE -> "devices";
          case MASK -> SECURITY + "masked_paths";
          case READ_ONLY -> SECURITY + "readonly_paths";
          case ROOT_ATTRIBUTES -> SECURITY + "readonly_rootfs";
          case HOSTNAME -> "hostname";
          case SYSCTL -> "linux.sysctls";
          case OOM_SCORE_ADJ -> "linux.resources.oom_score_adj";
          case TERMINAL -> "tty";
          case CHDIR -> "working_dir";
          case LSM_ATTRIBUTE -> SECURITY + "apparmor, selinux_options";
          case BOUNDING, CAPSET, AMBIENT -> SECURITY + "capabilities";
          case GROUPS -> SECURITY + "supplemental_groups";
          case GID -> SECURITY + "run_as_group";
          case UID -> SECURITY + "run_as_user";
          case NO_NEW_PRIVS -> SECURITY + "no_new_privs";
          case SECCOMP -> SECURITY + "seccomp";
          case RESOLVE, EXEC, EXEC_FD -> "command";
          default -> null;
        });
  }
}
