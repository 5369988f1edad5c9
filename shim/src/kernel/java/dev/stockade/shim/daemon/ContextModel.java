package dev.stockade.shim.daemon;

import dev.stockade.cri.v1.Capability;
import dev.stockade.cri.v1.LinuxContainerSecurityContext;
import dev.stockade.cri.v1.NamespaceMode;
import dev.stockade.cri.v1.SecurityProfile;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What the documents say becomes of a security context, without asking any class of the runtime:
 * the fields that refuse it with their reasons, or who its program is and which capabilities it
 * has.
 */
final class ContextModel {
  private static final List<String> ALL =
      List.of(
          ("CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP"
                  + " LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK"
                  + " IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN"
                  + " SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE"
                  + " AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM"
                  + " BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE")
              .split(" ", -1));

  /** The 14 of the runtime's documentation. */
  private static final long DEFAULT =
      bits(
          List.of(
              ("CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP"
                      + " NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE")
                  .split(" ", -1)));

  /** Of the image's passwd: uid, and gid beside it. */
  private static final Map<String, Long> USERS =
      Map.of("root", 0L, "app", 1000L, "nobody", 65_534L);

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
  private final long available;
  private final Set<String> refusing = new TreeSet<>();

  /**
   * What is to come of a context.
   *
   * @param refusing the fields a refusal names, each with the beginning of its reason; empty where
   *     the container starts
   * @param receipt what the kernel then shows, by constraint
   */
  record Outcome(Set<String> refusing, Map<String, String> receipt) {}

  private ContextModel(RandomContext context, long available) {
    this.asked = context.asked();
    this.pod = context.pod();
    this.available = available;
  }

  /**
   * On a node without AppArmor and SELinux.
   *
   * @param available the capabilities that the daemon itself may have, a bit each
   */
  static Outcome of(RandomContext context, long available) {
    ContextModel model = new ContextModel(context, available);
    model.unsound();
    if (model.refusing.isEmpty()) {
      model.notOfThisNode();
    }
    if (model.refusing.isEmpty()) {
      model.missing();
    }
    if (model.refusing.isEmpty()) {
      model.notInItsNamespace();
    }
    Map<String, String> receipt = model.refusing.isEmpty() ? model.receipt() : Map.of();
    return new Outcome(model.refusing, receipt);
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
        asked.getPrivileged() && pod != RandomContext.PodKind.PRIVILEGED,
        "privileged",
        "is set in a pod that is not privileged");
    unsoundCapabilities();
    unsoundSeccomp();
    unsoundPaths("masked_paths", asked.getMaskedPathsList());
    unsoundPaths("readonly_paths", asked.getReadonlyPathsList());
    unsoundNamespaces();
  }

  private void unsoundSeccomp() {
    SecurityProfile seccomp = asked.getSeccomp();
    boolean local = seccomp.getProfileType() == SecurityProfile.ProfileType.Localhost;
    boolean named = !seccomp.getLocalhostRef().isEmpty();
    int type = seccomp.getProfileTypeValue();
    refuse(!local && named, "seccomp.localhost_ref", "is set though profile_type is not Localhost");
    refuse(local && !named, "seccomp.localhost_ref", "is empty with profile type Localhost");
    refuse(type > 2, "seccomp.profile_type", type + " is not a profile type");
  }

  private void unsoundCapabilities() {
    Capability names = asked.getCapabilities();
    unknown("add_capabilities", names.getAddCapabilitiesList());
    unknown("drop_capabilities", names.getDropCapabilitiesList());
    unknown("add_ambient_capabilities", names.getAddAmbientCapabilitiesList());
    refuse(
        all(names.getAddAmbientCapabilitiesList()),
        "capabilities.add_ambient_capabilities",
        "asks for ALL");
  }

  private void unknown(String list, List<String> names) {
    for (int i = 0; i < names.size(); i++) {
      boolean known = plain(names.get(i)).equals("ALL") || ALL.contains(plain(names.get(i)));
      refuse(
          !known,
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
    boolean confined =
        asked.hasApparmor()
            && asked.getApparmor().getProfileType() != SecurityProfile.ProfileType.Unconfined;
    refuse(
        confined && !asked.getPrivileged(),
        "apparmor",
        "asks for an AppArmor profile, and AppArmor is not enabled on this node");
    refuse(
        asked.hasSelinuxOptions(),
        "selinux_options",
        "asks for an SELinux context, and SELinux is not enabled on this node");
  }

  /** What is looked up: the profile first, then the user. */
  private void missing() {
    String profile = asked.getSeccomp().getLocalhostRef();
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
    if (pod == RandomContext.PodKind.MAPPED) {
      String unmapped = " is not mapped in the user namespace";
      refuse(uid() >= MAPPED, "run_as_user", uid() + unmapped);
      refuse(gid() >= MAPPED, "run_as_group", gid() + unmapped);
      // The primary group is always among the others.
      refuse(gid() >= MAPPED, "supplemental_groups", gid() + unmapped);
    }
    refuse((granted() & ~available) != 0, "capabilities", "the daemon itself does not have ");
    if (!asked.getPrivileged()) {
      String root = "is the root itself";
      refuse(asked.getMaskedPathsList().contains("/"), "masked_paths", root);
      refuse(asked.getReadonlyPathsList().contains("/"), "readonly_paths", root);
    }
  }

  private long uid() {
    String name = asked.getRunAsUsername();
    if (asked.hasRunAsUser() || name.isEmpty()) {
      return asked.getRunAsUser().getValue();
    }
    return USERS.containsKey(name) ? USERS.getOrDefault(name, 0L) : Long.parseLong(name);
  }

  private long gid() {
    if (asked.hasRunAsGroup()) {
      return asked.getRunAsGroup().getValue();
    }
    return USERS.containsValue(uid()) ? uid() : 0;
  }

  private static String plain(String name) {
    String upper = name.toUpperCase(Locale.ROOT);
    return upper.startsWith("CAP_") ? upper.substring(4) : upper;
  }

  private static boolean all(List<String> names) {
    return names.stream().anyMatch("ALL"::equalsIgnoreCase);
  }

  private static long bits(List<String> names) {
    long bits = 0;
    for (String name : names) {
      int number = ALL.indexOf(plain(name));
      bits |= number < 0 ? 0 : 1L << number;
    }
    return bits;
  }

  /** ALL first, then single names; what is dropped wins. */
  private long granted() {
    Capability names = asked.getCapabilities();
    if (asked.getPrivileged()) {
      return available;
    }
    long base = all(names.getAddCapabilitiesList()) ? available : DEFAULT;
    base = all(names.getDropCapabilitiesList()) ? 0 : base;
    return (base | bits(names.getAddCapabilitiesList()) | ambientAsked())
        & ~bits(names.getDropCapabilitiesList());
  }

  private long ambientAsked() {
    return bits(asked.getCapabilities().getAddAmbientCapabilitiesList());
  }

  private Map<String, String> receipt() {
    long ambient = asked.getPrivileged() ? 0 : ambientAsked() & granted();
    long permitted = uid() == 0 ? granted() : ambient;
    Map<String, String> rows = new TreeMap<>();
    rows.put("capabilities.bounding", hex(granted()));
    rows.put("capabilities.permitted", hex(permitted));
    rows.put("capabilities.effective", hex(permitted));
    rows.put("capabilities.inheritable", hex(ambient));
    rows.put("capabilities.ambient", hex(ambient));
    rows.put("no-new-privs", asked.getNoNewPrivs() ? "1" : "0");
    boolean filtered =
        asked.hasSeccomp()
            && asked.getSeccomp().getProfileType() != SecurityProfile.ProfileType.Unconfined
            && !asked.getPrivileged();
    rows.put("seccomp.mode", filtered ? "filter" : "disabled");
    rows.put("user.uid", fourTimes(onHost(uid())));
    rows.put("user.gid", fourTimes(onHost(gid())));
    Set<Long> groups = new TreeSet<>(asked.getSupplementalGroupsList());
    groups.add(gid());
    if (asked.getSupplementalGroupsPolicyValue() == 0 && uid() == 1000) {
      groups.add(50L);
    }
    rows.put(
        "user.groups",
        groups.stream()
            .map(group -> String.valueOf(onHost(group)))
            .collect(Collectors.joining(" ")));
    return rows;
  }

  private long onHost(long id) {
    return pod == RandomContext.PodKind.MAPPED ? ProbeNode.MAPPED + id : id;
  }

  /** Real, effective, saved, and that of the file system. */
  private static String fourTimes(long id) {
    return String.join(" ", Collections.nCopies(4, String.valueOf(id)));
  }

  private static String hex(long bits) {
    return String.format(Locale.ROOT, "%016x", bits);
  }
}
