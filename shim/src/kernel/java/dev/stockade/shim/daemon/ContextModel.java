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
 * the fields that refuse it, or who its program is and which capabilities it has.
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

  private static final long LARGEST = Integer.MAX_VALUE;
  private static final long MAPPED = 65_536;

  private final LinuxContainerSecurityContext asked;
  private final RandomContext.PodKind pod;
  private final long available;
  private final Set<String> refusing = new TreeSet<>();

  /**
   * What is to come of a context.
   *
   * @param refusing the fields a refusal names; empty where the container starts
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

  private void refuse(boolean when, String field) {
    if (when) {
      refusing.add("linux.security_context." + field);
    }
  }

  private static boolean noId(long id) {
    return id < 0 || id > LARGEST;
  }

  /** What no node could do; a refusal names all of it. */
  private void unsound() {
    boolean named = !asked.getRunAsUsername().isEmpty();
    refuse(asked.hasRunAsUser() && noId(asked.getRunAsUser().getValue()), "run_as_user");
    refuse(asked.hasRunAsUser() && named, "run_as_username");
    refuse(asked.hasRunAsGroup() && noId(asked.getRunAsGroup().getValue()), "run_as_group");
    refuse(asked.hasRunAsGroup() && !named && !asked.hasRunAsUser(), "run_as_group");
    for (int i = 0; i < asked.getSupplementalGroupsCount(); i++) {
      refuse(noId(asked.getSupplementalGroups(i)), "supplemental_groups[" + i + "]");
    }
    refuse(asked.getSupplementalGroupsPolicyValue() > 1, "supplemental_groups_policy");
    refuse(asked.getPrivileged() && pod != RandomContext.PodKind.PRIVILEGED, "privileged");
    unsoundCapabilities();
    SecurityProfile seccomp = asked.getSeccomp();
    boolean local = seccomp.getProfileType() == SecurityProfile.ProfileType.Localhost;
    refuse(!local && !seccomp.getLocalhostRef().isEmpty(), "seccomp.localhost_ref");
    refuse(local && seccomp.getLocalhostRef().isEmpty(), "seccomp.localhost_ref");
    refuse(seccomp.getProfileTypeValue() > 2, "seccomp.profile_type");
    unsoundPaths("masked_paths", asked.getMaskedPathsList());
    unsoundPaths("readonly_paths", asked.getReadonlyPathsList());
    unsoundNamespaces();
  }

  private void unsoundCapabilities() {
    Capability names = asked.getCapabilities();
    unknown("add_capabilities", names.getAddCapabilitiesList());
    unknown("drop_capabilities", names.getDropCapabilitiesList());
    unknown("add_ambient_capabilities", names.getAddAmbientCapabilitiesList());
    refuse(all(names.getAddAmbientCapabilitiesList()), "capabilities.add_ambient_capabilities");
  }

  private void unknown(String list, List<String> names) {
    for (int i = 0; i < names.size(); i++) {
      boolean known = plain(names.get(i)).equals("ALL") || ALL.contains(plain(names.get(i)));
      refuse(!known, "capabilities." + list + "[" + i + "]");
    }
  }

  private void unsoundPaths(String field, List<String> paths) {
    for (int i = 0; i < paths.size(); i++) {
      boolean absolute = paths.get(i).startsWith("/") && !paths.get(i).contains("..");
      refuse(!absolute, field + "[" + i + "]");
    }
  }

  private void unsoundNamespaces() {
    var options = asked.getNamespaceOptions();
    refuse(options.getPid() == NamespaceMode.NODE, "namespace_options.pid");
    refuse(
        options.getPid() == NamespaceMode.POD && pod != RandomContext.PodKind.SHARED_PID,
        "namespace_options.pid");
    refuse(options.getPid() == NamespaceMode.TARGET, "namespace_options.target_id");
    refuse(options.getNetwork() == NamespaceMode.CONTAINER, "namespace_options.network");
    refuse(options.getIpc() == NamespaceMode.NODE, "namespace_options.ipc");
    refuse(options.hasUsernsOptions(), "namespace_options.userns_options");
    refuse(options.hasUsernsOptions(), "namespace_options.userns_options.uids");
    refuse(options.hasUsernsOptions(), "namespace_options.userns_options.gids");
  }

  private void notOfThisNode() {
    boolean confined =
        asked.hasApparmor()
            && asked.getApparmor().getProfileType() != SecurityProfile.ProfileType.Unconfined;
    refuse(confined && !asked.getPrivileged(), "apparmor");
    refuse(asked.hasSelinuxOptions(), "selinux_options");
  }

  /** What is looked up: the profile first, then the user. */
  private void missing() {
    boolean profile = asked.getSeccomp().getLocalhostRef().endsWith(".missing");
    refuse(profile && !asked.getPrivileged(), "seccomp");
    if (refusing.isEmpty()) {
      String name = asked.getRunAsUsername();
      boolean found =
          name.isEmpty() || USERS.containsKey(name) || name.equals("0") || name.equals("1000");
      refuse(!found, "run_as_username");
    }
  }

  private void notInItsNamespace() {
    if (pod == RandomContext.PodKind.MAPPED) {
      refuse(uid() >= MAPPED, "run_as_user");
      refuse(gid() >= MAPPED, "run_as_group");
      // The primary group is always among the others.
      refuse(gid() >= MAPPED, "supplemental_groups");
    }
    refuse((granted() & ~available) != 0, "capabilities");
    if (!asked.getPrivileged()) {
      refuse(asked.getMaskedPathsList().contains("/"), "masked_paths");
      refuse(asked.getReadonlyPathsList().contains("/"), "readonly_paths");
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
