package dev.stockade.shim.daemon;

import static io.grpc.Status.Code.FAILED_PRECONDITION;
import static io.grpc.Status.Code.INVALID_ARGUMENT;

import io.grpc.Status;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Security contexts of containers that must be refused. */
final class SecurityRefusals {
  private static final String FIELD = "linux.security_context.";

  private final List<Refusal> rows = new ArrayList<>();

  private SecurityRefusals() {}

  static List<Refusal> all() {
    SecurityRefusals table = new SecurityRefusals();
    table.users();
    table.groups();
    table.capabilities();
    table.seccomp();
    table.oldProfiles();
    table.modules();
    table.appArmorNames();
    table.paths();
    return table.rows;
  }

  private void row(String what, Status.Code code, String field, String change) {
    rows.add(
        Refusal.of(
            what,
            code,
            FIELD + field,
            scene ->
                scene.client.createAsIs(
                    scene.pod, scene.container("linux { security_context { " + change + " } }"))));
  }

  private void users() {
    row("unknown user", INVALID_ARGUMENT, "run_as_username", "run_as_username: 'nobody-here'");
    row("user below 0", INVALID_ARGUMENT, "run_as_user", "run_as_user { value: -1 }");
    row("user 2^31", INVALID_ARGUMENT, "run_as_user", "run_as_user { value: 2147483648 }");
    row("user 2^32", INVALID_ARGUMENT, "run_as_user", "run_as_user { value: 4294967296 }");
    for (String name : List.of("4294967296", "2147483648", "01", "+1", "1e1", " 1", "root:0")) {
      row(
          "user named '" + name + "'",
          INVALID_ARGUMENT,
          "run_as_username",
          "run_as_username: '" + name + "'");
    }
    row(
        "user by name and number",
        INVALID_ARGUMENT,
        "run_as_username",
        "run_as_username: 'root' run_as_user { value: 0 }");
  }

  private void groups() {
    row("group alone", INVALID_ARGUMENT, "run_as_group", "run_as_group { value: 5 }");
    row(
        "group beyond 31 bits",
        INVALID_ARGUMENT,
        "run_as_group",
        "run_as_user { value: 1 } run_as_group { value: 4294967295 }");
    row(
        "further group below 0",
        INVALID_ARGUMENT,
        "supplemental_groups[1]",
        "supplemental_groups: [ 5, -5 ]");
    row(
        "group policy 9",
        INVALID_ARGUMENT,
        "supplemental_groups_policy",
        "supplemental_groups_policy: 9");
  }

  private void capabilities() {
    String change = "capabilities { %s_capabilities: '%s' }";
    row(
        "unknown capability",
        INVALID_ARGUMENT,
        "capabilities.add_capabilities[0]",
        change.formatted("add", "NET_ADMlN"));
    for (String beyond : List.of("41", "CAP_41", "CAP_LAST_CAP", "ALLOW")) {
      rows.add(
          Refusal.of(
                  "capability " + beyond + ", beyond the last",
                  INVALID_ARGUMENT,
                  FIELD + "capabilities.add_capabilities[1]",
                  scene ->
                      scene.client.createAsIs(
                          scene.pod,
                          scene.container(
                              "linux { security_context { capabilities {"
                                  + " add_capabilities: 'CHOWN' add_capabilities: '"
                                  + beyond
                                  + "' } } }")))
              .saying("'" + beyond + "' is not a capability"));
    }
    row(
        "unknown capability taken away",
        INVALID_ARGUMENT,
        "capabilities.drop_capabilities[0]",
        change.formatted("drop", "CAP_CAP_CHOWN"));
    row(
        "all capabilities ambient",
        INVALID_ARGUMENT,
        "capabilities.add_ambient_capabilities",
        change.formatted("add_ambient", "ALL"));
    row(
        "capability that the node lacks",
        FAILED_PRECONDITION,
        "capabilities",
        change.formatted("add", "SYS_RESOURCE"));
    row("privileged", INVALID_ARGUMENT, "privileged", "privileged: true");
  }

  private void seccomp() {
    String local = "seccomp { profile_type: Localhost localhost_ref: '%s' }";
    String reference = "seccomp.localhost_ref";
    row(
        "unknown system call in a profile",
        INVALID_ARGUMENT,
        reference,
        local.formatted("@/unknown-call.json"));
    row(
        "unknown action in a profile",
        INVALID_ARGUMENT,
        reference,
        local.formatted("@/unknown-action.json"));
    row(
        "profile with a listener nobody hears",
        INVALID_ARGUMENT,
        reference,
        local.formatted("@/listener.json"));
    row("profile that is no JSON", INVALID_ARGUMENT, reference, local.formatted("@/no.json"));
    row("profile of 9 MiB", INVALID_ARGUMENT, reference, local.formatted("@/large.json"));
    row("profile missing", FAILED_PRECONDITION, reference, local.formatted("@/none.json"));
    row("profile that is a directory", FAILED_PRECONDITION, reference, local.formatted("@"));
    row("profile that is a device", FAILED_PRECONDITION, reference, local.formatted("/dev/zero"));
    row("profile that is relative", INVALID_ARGUMENT, reference, local.formatted("p.json"));
    row("profile without a name", INVALID_ARGUMENT, reference, local.formatted(" "));
    row(
        "name with the default profile",
        INVALID_ARGUMENT,
        reference,
        "seccomp { localhost_ref: '/p.json' }");
    row("profile of type 3", INVALID_ARGUMENT, "seccomp.profile_type", "seccomp{profile_type: 3}");
  }

  private void oldProfiles() {
    row(
        "old seccomp profile of no form",
        INVALID_ARGUMENT,
        "seccomp_profile_path",
        "seccomp_profile_path: 'RuntimeDefault'");
    row(
        "old seccomp profile missing",
        FAILED_PRECONDITION,
        "seccomp",
        "seccomp_profile_path: 'localhost/@/none.json'");
    row(
        "old AppArmor profile of no form",
        INVALID_ARGUMENT,
        "apparmor_profile",
        "apparmor_profile: 'mine'");
    row(
        "old seccomp profile beside another",
        INVALID_ARGUMENT,
        "seccomp_profile_path",
        "seccomp { profile_type: Unconfined } seccomp_profile_path: 'runtime/default'");
    row(
        "old AppArmor profile beside another",
        INVALID_ARGUMENT,
        "apparmor_profile",
        "apparmor { profile_type: Unconfined } apparmor_profile: 'localhost/mine'");
    row(
        "old AppArmor profile of no form beside another",
        INVALID_ARGUMENT,
        "apparmor_profile",
        "apparmor { profile_type: Unconfined } apparmor_profile: 'mine'");
  }

  /** What would end the kernel's text early, or name something else than one profile. */
  private void appArmorNames() {
    for (String name :
        List.of(
            "a\\nexec unconfined",
            "a\\000b",
            "changeprofile x",
            ":ns:profile",
            "a//&b",
            "-a",
            "\\303\\244",
            "unconfined",
            "a".repeat(5000))) {
      String what = "AppArmor profile " + name.substring(0, Math.min(20, name.length()));
      String ref = "apparmor { profile_type: Localhost localhost_ref: '" + name + "' }";
      row(what, INVALID_ARGUMENT, "apparmor.localhost_ref", ref);
      row(
          "old " + what,
          INVALID_ARGUMENT,
          "apparmor_profile",
          "apparmor_profile: 'localhost/" + name + "'");
    }
  }

  private void modules() {
    if (Files.notExists(Path.of("/sys/kernel/security/apparmor"))) {
      row(
          "AppArmor on a node without it",
          FAILED_PRECONDITION,
          "apparmor",
          "apparmor { profile_type: RuntimeDefault }");
    }
    row(
        "AppArmor profile that is not loaded",
        FAILED_PRECONDITION,
        "apparmor",
        "apparmor_profile: 'localhost/of-nobody'");
    row(
        "SELinux on a node without it",
        FAILED_PRECONDITION,
        "selinux_options",
        "selinux_options { level: 's0:c1,c2' }");
  }

  private void paths() {
    row("mask that is relative", INVALID_ARGUMENT, "masked_paths[0]", "masked_paths: 'proc/x'");
    row("mask that climbs", INVALID_ARGUMENT, "masked_paths[1]", "masked_paths: ['/a', '/../b']");
    row(
        "read-only path without a name",
        INVALID_ARGUMENT,
        "readonly_paths[0]",
        "readonly_paths: ''");
  }
}
