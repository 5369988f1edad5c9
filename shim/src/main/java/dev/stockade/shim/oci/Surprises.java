package dev.stockade.shim.oci;

import dev.stockade.launcher.caps.Capability;
import dev.stockade.launcher.caps.CapabilitySet;
import dev.stockade.launcher.spec.OciCapabilities;
import dev.stockade.launcher.spec.OciLinux;
import dev.stockade.launcher.spec.OciProcess;
import dev.stockade.launcher.spec.OciSpec;
import dev.stockade.shim.intent.ContainerIntent;
import dev.stockade.shim.intent.ContainerSecurityIntent;
import dev.stockade.shim.intent.MountIntent;
import dev.stockade.shim.intent.NamespaceIntent;
import dev.stockade.shim.intent.NamespaceIntent.Sharing;
import dev.stockade.shim.intent.PodIntent;
import dev.stockade.shim.intent.SecurityProfileIntent;
import dev.stockade.shim.intent.UserIntent;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;

/** What may surprise about a container: conflicts within the request, and what reaches far. */
public final class Surprises {
  private static final String SECURITY = "linux.security_context.";

  private final ContainerIntent intent;
  private final ContainerSecurityIntent security;
  private final PodIntent pod;
  private final OciProcess process;
  private final OciLinux linux;
  private final List<Surprise> found = new ArrayList<>();

  private Surprises(ContainerIntent intent, PodIntent pod, OciSpec spec) {
    this.intent = intent;
    this.security = intent.security();
    this.pod = pod;
    this.process = Objects.requireNonNull(spec.process());
    this.linux = Objects.requireNonNull(spec.linux());
  }

  /**
   * Those of one container.
   *
   * @param spec what became of the request
   */
  public static List<Surprise> of(ContainerIntent intent, PodIntent pod, OciSpec spec) {
    Surprises surprises = new Surprises(intent, pod, spec);
    surprises.user();
    surprises.capabilities();
    surprises.privileged();
    surprises.profiles();
    surprises.namespaces();
    surprises.mounts();
    surprises.sysctls();
    return List.copyOf(surprises.found);
  }

  private void add(String field, String text) {
    found.add(new Surprise(field, text));
  }

  private void user() {
    long uid = process.user().uid();
    UserIntent asked = security.user();
    if (uid == 0 && pod.namespaces().user().isEmpty()) {
      String whose =
          asked.uid().isPresent() || asked.name().isPresent() ? "asks for" : "is not set, so it is";
      add(
          SECURITY + "run_as_user",
          whose + " root, and without a user namespace that is the host's");
    }
    if (uid != 0 && process.user().gid() == 0 && asked.gid().isEmpty()) {
      add(
          SECURITY + "run_as_group",
          "is not set, and the image does not know user "
              + uid
              + ": the primary group is root's, 0");
    }
    TreeSet<Long> added = new TreeSet<>(process.user().additionalGids());
    added.removeAll(asked.supplementalGroups());
    added.remove(process.user().gid());
    if (!added.isEmpty()) {
      add(
          SECURITY + "supplemental_groups_policy",
          "is Merge, so the image's /etc/group adds the groups " + added);
    }
  }

  private void capabilities() {
    OciCapabilities names = process.capabilities();
    if (names == null) {
      return;
    }
    CapabilitySet bounding =
        CapabilitySet.parse(names.bounding(), CapabilitySet.NONE, new ArrayList<>());
    CapabilitySet asked = security.capabilities().add();
    CapabilitySet lost = asked.minus(security.capabilities().ambient()).and(bounding);
    boolean all = security.capabilities().addAll() && !security.privileged();
    if (process.user().uid() != 0 && !security.privileged() && (all || !lost.isEmpty())) {
      add(
          SECURITY + "capabilities.add_capabilities",
          "adds "
              + (all ? "ALL" : lost)
              + ", and user "
              + process.user().uid()
              + " has none of it but by files with capabilities: ask for add_ambient_capabilities");
    }
    boolean admin = bounding.contains(Capability.SYS_ADMIN);
    if (process.noNewPrivileges() && (security.privileged() || admin)) {
      add(
          SECURITY + "no_new_privs",
          "is in effect, but whoever "
              + (security.privileged() ? "is privileged" : "has CAP_SYS_ADMIN")
              + " needs no set-user-ID program");
    }
    if (security.capabilities().addAll() || security.privileged()) {
      CapabilitySet missing = CapabilitySet.of(Capability.values()).minus(bounding);
      CapabilitySet unasked = missing.minus(security.capabilities().drop());
      if (!unasked.isEmpty() && !security.capabilities().dropAll()) {
        add(SECURITY + "capabilities", "ALL is without " + unasked + ", which the daemon lacks");
      }
    }
  }

  /** What a privileged container asks for and does not get. */
  private void privileged() {
    if (!security.privileged()) {
      return;
    }
    if (confines(security.seccomp())) {
      overridden("seccomp");
    }
    if (confines(security.apparmor())) {
      overridden("apparmor");
    }
    if (!security.capabilities().drop().isEmpty() || security.capabilities().dropAll()) {
      overridden("capabilities.drop_capabilities");
    }
    if (!security.maskedPaths().isEmpty()) {
      overridden("masked_paths");
    }
    if (!security.readOnlyPaths().isEmpty()) {
      overridden("readonly_paths");
    }
    add(SECURITY + "privileged", "gives the container what root of the host has");
  }

  private void overridden(String field) {
    add(SECURITY + field, "has no effect, because the container is privileged");
  }

  private static boolean confines(SecurityProfileIntent profile) {
    return profile instanceof SecurityProfileIntent.RuntimeDefault
        || profile instanceof SecurityProfileIntent.Localhost;
  }

  private void profiles() {
    if (security.privileged()) {
      return;
    }
    boolean unset = security.seccomp() instanceof SecurityProfileIntent.Unset;
    if (unset && linux.seccomp() == null) {
      add(SECURITY + "seccomp", "is not set, so no system call is filtered");
    }
    if (security.maskedPaths().isEmpty() && pod.namespaces().user().isEmpty()) {
      add(SECURITY + "masked_paths", "is empty, so nothing of /proc and /sys is hidden");
    }
    if (security.readOnlyPaths().isEmpty() && pod.namespaces().user().isEmpty()) {
      add(
          SECURITY + "readonly_paths",
          "is empty, so /proc/sys is as writable as the user makes it");
    }
  }

  private void namespaces() {
    NamespaceIntent asked = pod.namespaces();
    String field = SECURITY + "namespace_options.";
    if (asked.network() == Sharing.NODE) {
      add(field + "network", "is the host's: its interfaces, ports and abstract sockets");
    }
    if (security.namespaces().pid() == NamespaceIntent.Pid.NODE) {
      add(field + "pid", "is the host's: its processes can be seen and, as root, signalled");
    }
    if (asked.ipc() == Sharing.NODE) {
      add(field + "ipc", "is the host's: its shared memory and message queues");
    }
  }

  private void mounts() {
    for (int i = 0; i < intent.mounts().size(); i++) {
      if (intent.mounts().get(i).ofHost()) {
        mount("mounts[" + i + "].", intent.mounts().get(i));
      }
    }
  }

  private void mount(String field, MountIntent mount) {
    HostPlaces.of(mount.source())
        .ifPresent(
            place ->
                add(
                    field + "host_path",
                    mount.source()
                        + (mount.readOnly() ? " shows " : " gives write access to ")
                        + place));
    if (mount.propagation() == MountIntent.Propagation.BIDIRECTIONAL && !security.privileged()) {
      add(field + "propagation", "lets a container that is not privileged mount on the host");
    }
    if (mount.readOnly() && !mount.recursiveReadOnly()) {
      add(field + "readonly", "does not hold for mounts beneath it: recursive_read_only does");
    }
  }

  private void sysctls() {
    for (String name : pod.sysctls().keySet()) {
      if (!SafeSysctls.contains(name)) {
        add("linux.sysctls[" + name + "]", "is not among the sysctls Kubernetes calls safe");
      }
    }
  }
}
