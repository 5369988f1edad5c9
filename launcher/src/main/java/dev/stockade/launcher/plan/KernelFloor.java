package dev.stockade.launcher.plan;

import dev.stockade.launcher.caps.Capability;
import dev.stockade.launcher.caps.CapabilitySet;
import dev.stockade.launcher.seccomp.Action;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The least a node must have: Linux 6.12, configured with what every launch uses. */
public final class KernelFloor {
  /** What the root file system and the mounts of a plain container are made of. */
  public static final Set<String> FILE_SYSTEMS =
      Set.of("overlay", "tmpfs", "proc", "sysfs", "devpts", "mqueue", "cgroup2");

  private static final int MAJOR = 6;
  private static final int MINOR = 12;

  /** Of Linux 6.12; monitors confine themselves with it. */
  private static final int LANDLOCK_ABI = 6;

  private static final Set<String> NAMESPACES = Set.of("mnt", "pid", "net", "ipc", "uts", "cgroup");
  private static final Set<Action> ACTIONS =
      Set.of(Action.KILL_PROCESS, Action.ERRNO, Action.ALLOW);
  private static final CapabilitySet CAPABILITIES =
      CapabilitySet.of(
          Capability.CHOWN,
          Capability.DAC_OVERRIDE,
          Capability.FOWNER,
          Capability.KILL,
          Capability.SETGID,
          Capability.SETUID,
          Capability.SETPCAP,
          Capability.NET_ADMIN,
          Capability.SYS_CHROOT,
          Capability.SYS_ADMIN,
          Capability.MKNOD);
  private static final Pattern RELEASE = Pattern.compile("(\\d{1,4})\\.(\\d{1,4})(\\D.*)?");

  private KernelFloor() {}

  /** Everything that is missing, each with what to do; empty when containers can be launched. */
  public static List<String> missing(HostFacts facts) {
    List<String> missing = new ArrayList<>();
    if (!reaches(facts.kernelRelease())) {
      missing.add(
          "Linux %d.%d or later (%s is running; boot a newer kernel)"
              .formatted(MAJOR, MINOR, facts.kernelRelease()));
    }
    CapabilitySet lacking = CAPABILITIES.minus(facts.effective());
    if (!lacking.isEmpty()) {
      missing.add("the capabilities " + lacking + " (run the daemon as root of the host)");
    }
    lack(missing, "namespaces", NAMESPACES, facts.namespaces());
    lack(missing, "file systems", FILE_SYSTEMS, facts.fileSystems());
    if (!facts.recursiveReadOnly()) {
      missing.add("mount_setattr(2) (allow it where the daemon runs)");
    }
    if (facts.cgroupMount().isEmpty()) {
      missing.add("a cgroup2 file system (mount one from its root, usually at /sys/fs/cgroup)");
    }
    if (!facts.devicePrograms()) {
      missing.add("BPF programs for a cgroup's devices (boot a kernel with CONFIG_CGROUP_BPF)");
    }
    if (!facts.seccompActions().containsAll(ACTIONS)) {
      missing.add("seccomp filters (boot a kernel with CONFIG_SECCOMP_FILTER)");
    }
    if (facts.landlockAbi() < LANDLOCK_ABI) {
      missing.add("Landlock (boot a kernel that has it, with landlock in the lsm= list)");
    }
    return missing;
  }

  private static void lack(
      List<String> missing, String what, Set<String> needed, Set<String> there) {
    Set<String> lacking = new TreeSet<>(needed);
    lacking.removeAll(there);
    if (!lacking.isEmpty()) {
      missing.add(
          "the " + what + " " + String.join(", ", lacking) + " (boot a kernel that has them)");
    }
  }

  private static boolean reaches(String release) {
    Matcher numbers = RELEASE.matcher(release);
    if (!numbers.matches()) {
      return false;
    }
    int major = Integer.parseInt(numbers.group(1));
    return major > MAJOR || (major == MAJOR && Integer.parseInt(numbers.group(2)) >= MINOR);
  }
}
