package dev.stockade.shim.explain;

import dev.stockade.launcher.plan.Claim;
import dev.stockade.shim.config.Config;
import dev.stockade.shim.container.ContainerOutlook;
import dev.stockade.shim.intent.CapabilityIntent;
import dev.stockade.shim.intent.ContainerIntent;
import dev.stockade.shim.intent.ContainerSecurityIntent;
import dev.stockade.shim.intent.NamespaceIntent;
import dev.stockade.shim.intent.NamespaceIntent.Sharing;
import dev.stockade.shim.intent.PodIntent;
import dev.stockade.shim.intent.SecurityProfileIntent;
import dev.stockade.shim.intent.UserIntent;
import dev.stockade.shim.pod.PodView;
import java.util.Optional;

/** Which field, image, default, policy or key of the configuration gave each constraint. */
final class Provenance {
  private static final String SECURITY = "linux.security_context.";
  private static final String PODS = "pod linux.security_context.";

  private final ContainerIntent intent;
  private final ContainerSecurityIntent security;
  private final PodIntent pod;
  private final ContainerOutlook.Decision decision;
  private final Config config;
  private final FileProvenance files;

  Provenance(ContainerOutlook.Decision decision, PodView pod, Config config) {
    this.decision = decision;
    this.intent = decision.intent();
    this.security = intent.security();
    this.pod = pod.intent();
    this.config = config;
    this.files = new FileProvenance(decision, pod);
  }

  Origin of(Claim claim) {
    String subject = claim.subject();
    return switch (claim.constraint()) {
      case USER_UID -> user();
      case USER_GID -> group();
      case USER_GROUPS -> groups().and(decision.devices().ofGroups());
      case USER_UID_MAP, USER_GID_MAP -> Origin.field(PODS + "namespace_options.userns_options");
      case CAPABILITIES_BOUNDING, CAPABILITIES_PERMITTED, CAPABILITIES_EFFECTIVE -> capabilities();
      case CAPABILITIES_INHERITABLE, CAPABILITIES_AMBIENT ->
          security.capabilities().ambient().isEmpty()
              ? Origin.policy("nothing is inheritable that is not ambient")
              : Origin.field(SECURITY + "capabilities.add_ambient_capabilities");
      case NO_NEW_PRIVS ->
          security.noNewPrivileges()
              ? Origin.field(SECURITY + "no_new_privs")
              : Origin.byDefault("no_new_privs is not set");
      case SECCOMP_MODE, SECCOMP_PROGRAM -> seccomp();
      case LSM_APPARMOR -> apparmor();
      case LSM_SELINUX -> selinux();
      case LSM_SELINUX_FILES -> filesLabel(subject);
      case LSM_SELINUX_MODE -> Origin.policy("SELinux enforces");
      case NAMESPACES_NETWORK -> shared("network", pod.namespaces().network());
      case NAMESPACES_IPC -> shared("ipc", pod.namespaces().ipc());
      case NAMESPACES_PID -> Origin.field(SECURITY + "namespace_options.pid = " + pid());
      case NAMESPACES_USER ->
          pod.namespaces().user().isPresent()
              ? Origin.field(PODS + "namespace_options.userns_options")
              : Origin.byDefault("the pod asks for no user namespace");
      case NAMESPACES_CGROUP ->
          security.privileged()
              ? Origin.field(SECURITY + "privileged")
              : Origin.policy("of every container");
      case NAMESPACES_MOUNT, NAMESPACES_UTS, NAMESPACES_TIME -> Origin.policy("of every container");
      case CGROUP_PATH ->
          pod.cgroupParent().isEmpty()
              ? Origin.configuration("cgroup.parent")
              : Origin.field("pod linux.cgroup_parent");
      case CGROUP_LIMIT -> limit(subject);
      case SYSCTL -> Origin.field("pod linux.sysctls");
      case HOSTNAME ->
          pod.hostname().isEmpty()
              ? Origin.byDefault("the pod's name, or the node's")
              : Origin.field("pod hostname");
      case PROCESS_OOM_SCORE_ADJ -> Origin.field("linux.resources.oom_score_adj");
      case PROCESS_CWD -> directory();
      case PROCESS_EXECUTABLE -> program();
      case PROCESS_RLIMIT -> Origin.byDefault("the kernel's for its first process");
      case USER_UMASK, SECUREBITS, DOMAINNAME, TIME_OFFSET -> Origin.byDefault("");
      case PROCESS_SIGNALS, PROCESS_DESCRIPTORS, PROCESS_KEYRING ->
          Origin.policy("nothing of the daemon's is inherited");
      default -> files.of(claim);
    };
  }

  private Origin user() {
    UserIntent asked = security.user();
    if (asked.uid().isPresent()) {
      return Origin.field(SECURITY + "run_as_user");
    }
    if (asked.name().isPresent()) {
      return Origin.field(SECURITY + "run_as_username");
    }
    return imageUser().map(Origin::image).orElse(Origin.byDefault("root"));
  }

  private Optional<String> imageUser() {
    return decision
        .image()
        .config()
        .user()
        .filter(text -> !text.isEmpty())
        .map(text -> "USER " + text);
  }

  private Origin group() {
    UserIntent asked = security.user();
    if (asked.gid().isPresent()) {
      return Origin.field(SECURITY + "run_as_group");
    }
    boolean user = asked.uid().isPresent() || asked.name().isPresent();
    return user || imageUser().isPresent()
        ? Origin.image("the user's group in /etc/passwd, else 0")
        : Origin.byDefault("root's");
  }

  private Origin groups() {
    boolean merge = security.user().groupPolicy() == UserIntent.GroupPolicy.MERGE;
    boolean asked = !security.user().supplementalGroups().isEmpty();
    String where = merge ? "and the image's /etc/group (policy Merge)" : "only (policy Strict)";
    return asked
        ? Origin.field(SECURITY + "supplemental_groups " + where)
        : Origin.byDefault("the primary group " + where);
  }

  private Origin capabilities() {
    if (security.privileged()) {
      return Origin.field(SECURITY + "privileged");
    }
    CapabilityIntent asked = security.capabilities();
    boolean all = asked.addAll() || asked.dropAll();
    boolean some = !asked.add().isEmpty() || !asked.drop().isEmpty() || !asked.ambient().isEmpty();
    if (all || some) {
      return Origin.field(
          SECURITY + "capabilities" + (all ? "" : ", over capabilities.defaults of the node"));
    }
    return Origin.configuration("capabilities.defaults");
  }

  private Origin seccomp() {
    if (security.privileged()) {
      return Origin.field(SECURITY + "privileged");
    }
    return security.seccomp() instanceof SecurityProfileIntent.Unset
        ? Origin.configuration("seccomp.unset_profile = " + word(config.seccomp().unsetProfile()))
        : Origin.field(SECURITY + "seccomp = " + profile(security.seccomp()));
  }

  private Origin apparmor() {
    if (security.privileged()) {
      return Origin.field(SECURITY + "privileged");
    }
    return security.apparmor() instanceof SecurityProfileIntent.Unset
        ? Origin.configuration("apparmor.unset_profile = " + word(config.apparmor().unsetProfile()))
        : Origin.field(SECURITY + "apparmor = " + profile(security.apparmor()));
  }

  private static String word(Enum<?> constant) {
    return constant.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
  }

  private static String profile(SecurityProfileIntent profile) {
    if (profile instanceof SecurityProfileIntent.Localhost localhost) {
      return "Localhost " + localhost.reference();
    }
    return profile instanceof SecurityProfileIntent.RuntimeDefault
        ? "RuntimeDefault"
        : "Unconfined";
  }

  private Origin selinux() {
    if (security.selinux().isPresent()) {
      return Origin.field(SECURITY + "selinux_options");
    }
    if (security.privileged()) {
      return config
          .privileged()
          .selinuxType()
          .map(type -> Origin.configuration("privileged.selinux_type = " + type))
          .orElse(Origin.field(SECURITY + "privileged"));
    }
    return podsLabel(pod.selinux().isPresent());
  }

  /** Of files only the level can be asked for, and of the pod's queues only by the pod. */
  private Origin filesLabel(String subject) {
    boolean own = security.selinux().filter(asked -> !asked.level().isEmpty()).isPresent();
    return own && !subject.equals("/dev/mqueue")
        ? Origin.field(SECURITY + "selinux_options.level")
        : podsLabel(pod.selinux().filter(asked -> !asked.level().isEmpty()).isPresent());
  }

  private static Origin podsLabel(boolean asked) {
    return asked
        ? Origin.field(PODS + "selinux_options")
        : Origin.policy("contexts/lxc_contexts of the policy, categories of the pod");
  }

  private static Origin shared(String name, Sharing sharing) {
    return Origin.field(PODS + "namespace_options." + name + " = " + sharing);
  }

  private NamespaceIntent.Pid pid() {
    return security.namespaces().pid();
  }

  private Origin limit(String file) {
    return intent.resources().unified().containsKey(file)
        ? Origin.field("linux.resources.unified[" + file + "]")
        : Origin.field("linux.resources");
  }

  private Origin directory() {
    if (!intent.workingDirectory().isEmpty()) {
      return Origin.field("working_dir");
    }
    return decision.image().config().workingDirectory().isPresent()
        ? Origin.image("WORKDIR")
        : Origin.byDefault("");
  }

  private Origin program() {
    if (!intent.command().isEmpty()) {
      return Origin.field("command");
    }
    boolean entry = !decision.image().config().entrypoint().isEmpty();
    if (!entry && !intent.args().isEmpty()) {
      return Origin.field("args");
    }
    return Origin.image(entry ? "ENTRYPOINT" : "CMD");
  }
}
