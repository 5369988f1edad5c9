package dev.stockade.shim.daemon;

import dev.stockade.cri.v1.Capability;
import dev.stockade.cri.v1.LinuxContainerSecurityContext;
import dev.stockade.cri.v1.NamespaceMode;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;

/**
 * What the documents say becomes of a security context, without asking any class of the runtime:
 * the fields that refuse it with their reasons, or all that its receipt says.
 */
final class ContextModel {
  private static final Map<String, String> NO_NAMES =
      Map.of(
          "nobody-here", "no user nobody-here in the image's /etc/passwd",
          "01", "in user \"01\" the user is neither a number",
          "+1", "in user \"+1\" the user is neither a number",
          "root:0", "in user \"root:0\" the user is neither a number",
          "2147483648", "in user \"2147483648\" the user is larger than 2147483647");

  private static final long LARGEST = Integer.MAX_VALUE;
  private static final long MAPPED = 65_536;

  private final LinuxContainerSecurityContext asked;
  private final RandomContext.PodKind pod;
  private final ContextNode node;
  private final ContextIdentity identity;
  private final ContextProfile seccomp;
  private final ContextProfile apparmor;
  private final ContainerModel container;
  private final Set<String> refusing = new TreeSet<>();

  /**
   * What is to come of a context.
   *
   * @param refusing the fields a refusal names, each with the beginning of its reason; empty where
   *     the container starts
   * @param receipt what the kernel then shows: every row, by constraint and subject
   */
  record Outcome(Set<String> refusing, Map<String, String> receipt) {}

  private ContextModel(RandomContext context, ContextNode node) {
    this.asked = context.asked();
    this.pod = context.pod();
    this.node = node;
    this.identity = new ContextIdentity(asked, node.available());
    this.seccomp = ContextProfile.seccomp(context);
    this.apparmor = ContextProfile.apparmor(context);
    this.container = new ContainerModel(context, node, refusing);
  }

  /** On a node without AppArmor and SELinux. */
  static Outcome of(RandomContext context, ContextNode node) {
    ContextModel model = new ContextModel(context, node);
    List<Runnable> inTheirOrder =
        List.of(
            model.container::unsoundSysctls,
            model.container::sysctlsOfNoValue,
            model::unsound,
            model::notOfThisNode,
            model.container::sources,
            model::missing,
            model.container::devices,
            model::notInItsNamespace,
            model.container::score);
    for (Runnable stage : inTheirOrder) {
      if (model.refusing.isEmpty()) {
        stage.run();
      }
    }
    return new Outcome(
        model.refusing,
        model.refusing.isEmpty()
            ? new ReceiptModel(context, model.identity, model.container, node).rows()
            : Map.of());
  }

  private void refuse(boolean when, String field, String reason) {
    if (when) {
      refusing.add("linux.security_context." + field + ": " + reason);
    }
  }

  private void refuseNoId(boolean given, long id, String field) {
    refuse(given && (id < 0 || id > LARGEST), field, id + " is not an id");
  }

  /** What no node could do; a refusal names all of it. */
  private void unsound() {
    boolean named = !asked.getRunAsUsername().isEmpty();
    refuseNoId(asked.hasRunAsUser(), asked.getRunAsUser().getValue(), "run_as_user");
    refuse(asked.hasRunAsUser() && named, "run_as_username", "is set together with run_as_user");
    refuseNoId(asked.hasRunAsGroup(), asked.getRunAsGroup().getValue(), "run_as_group");
    refuse(
        asked.hasRunAsGroup() && !named && !asked.hasRunAsUser(),
        "run_as_group",
        "is set without a user");
    for (int i = 0; i < asked.getSupplementalGroupsCount(); i++) {
      refuseNoId(true, asked.getSupplementalGroups(i), "supplemental_groups[" + i + "]");
    }
    int policy = asked.getSupplementalGroupsPolicyValue();
    refuse(policy > 1, "supplemental_groups_policy", policy + " is not a policy");
    refuse(
        asked.getPrivileged() && !pod.privileged(),
        "privileged",
        "is set in a pod that is not privileged");
    unsoundCapabilities();
    BiConsumer<String, String> refusal = (field, reason) -> refuse(true, field, reason);
    seccomp.refuse("seccomp", "seccomp_profile_path", refusal);
    apparmor.refuse("apparmor", "apparmor_profile", refusal);
    unsoundPaths("masked_paths", asked.getMaskedPathsList());
    unsoundPaths("readonly_paths", asked.getReadonlyPathsList());
    unsoundNamespaces();
    container.unsound();
  }

  private void unsoundCapabilities() {
    Capability names = asked.getCapabilities();
    unknown("add_capabilities", names.getAddCapabilitiesList());
    unknown("drop_capabilities", names.getDropCapabilitiesList());
    unknown("add_ambient_capabilities", names.getAddAmbientCapabilitiesList());
    refuse(
        ContextIdentity.all(names.getAddAmbientCapabilitiesList()),
        "capabilities.add_ambient_capabilities",
        "asks for ALL");
  }

  private void unknown(String list, List<String> names) {
    for (int i = 0; i < names.size(); i++) {
      refuse(
          !ContextIdentity.known(names.get(i)),
          "capabilities." + list + "[" + i + "]",
          "'" + names.get(i) + "' is not a capability");
    }
  }

  private void unsoundPaths(String list, List<String> paths) {
    for (int i = 0; i < paths.size(); i++) {
      String path = paths.get(i);
      String field = list + "[" + i + "]";
      refuse(path.isEmpty(), field, "is empty");
      refuse(!path.isEmpty() && !path.startsWith("/"), field, "'" + path + "' is not absolute");
      refuse(path.contains(".."), field, "'" + path + "' has a '..' component");
    }
  }

  private void unsoundNamespaces() {
    var options = asked.getNamespaceOptions();
    String pid = "namespace_options.pid";
    refuse(options.getPid() == NamespaceMode.NODE, pid, "is NODE in a pod that is not");
    refuse(
        options.getPid() == NamespaceMode.POD && pod != RandomContext.PodKind.SHARED_PID,
        pid,
        "is POD, but the pod was made without a shared PID namespace");
    refuse(
        options.getPid() == NamespaceMode.TARGET,
        "namespace_options.target_id",
        "'' is not a container id");
    refuse(
        options.getNetwork() == NamespaceMode.CONTAINER,
        "namespace_options.network",
        "CONTAINER is not possible here");
    refuse(
        options.getIpc() == NamespaceMode.NODE,
        "namespace_options.ipc",
        "is NODE in a pod with its own");
    boolean maps = options.hasUsernsOptions();
    String users = "namespace_options.userns_options";
    refuse(maps, users, "differs from the pod's");
    refuse(maps, users + ".uids", "has 0 ranges");
    refuse(maps, users + ".gids", "has 0 ranges");
  }

  private void notOfThisNode() {
    refuse(
        apparmor.confines() && !asked.getPrivileged(),
        "apparmor",
        "asks for an AppArmor profile, and AppArmor is not enabled on this node");
    refuse(
        asked.hasSelinuxOptions(),
        "selinux_options",
        "asks for an SELinux context, and SELinux is not enabled on this node");
    container.notOfThisNode();
  }

  /** What is looked up: the profile first, then the user. */
  private void missing() {
    String profile = seccomp.reference();
    refuse(
        profile.endsWith(".missing") && !asked.getPrivileged(),
        "seccomp.localhost_ref",
        profile + " is not a file");
    String name = asked.getRunAsUsername();
    if (refusing.isEmpty()) {
      refuse(NO_NAMES.containsKey(name), "run_as_username", NO_NAMES.getOrDefault(name, ""));
    }
  }

  private void notInItsNamespace() {
    if (pod.mapped()) {
      String unmapped = " is not mapped in the user namespace";
      long uid = identity.uid();
      long gid = identity.gid();
      refuse(uid >= MAPPED, "run_as_user", uid + unmapped);
      refuse(gid >= MAPPED, "run_as_group", gid + unmapped);
      // The primary group is always among the others.
      refuse(gid >= MAPPED, "supplemental_groups", gid + unmapped);
    }
    boolean lacking = (identity.granted() & ~node.available()) != 0;
    refuse(lacking, "capabilities", "the daemon itself does not have ");
    if (!asked.getPrivileged()) {
      String root = "is the root itself";
      refuse(asked.getMaskedPathsList().contains("/"), "masked_paths", root);
      refuse(asked.getReadonlyPathsList().contains("/"), "readonly_paths", root);
    }
  }
}
