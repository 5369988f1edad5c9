package dev.stockade.launcher.plan;

import dev.stockade.launcher.caps.CapabilitySet;
import dev.stockade.launcher.seccomp.Action;
import dev.stockade.launcher.seccomp.Arch;
import dev.stockade.launcher.seccomp.FilterFlag;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/**
 * What this kernel and node can do: the only way facts reach the compiler. Immutable; probed once
 * at start.
 *
 * @param kernelRelease as of uname(2)
 * @param arch the kernel's own ABI
 * @param lastCapability {@code /proc/sys/kernel/cap_last_cap}
 * @param bounding the daemon's bounding set: no container can have more
 * @param effective the daemon's effective set: what it can do itself
 * @param securityModules {@code /sys/kernel/security/lsm}
 * @param appArmor whether AppArmor confines
 * @param seLinux whether SELinux is enabled
 * @param tracing whether a launch can be verified before its first instruction; if not, why
 * @param cgroupMount where cgroup2 is mounted
 * @param cgroupControllers the controllers available to containers there
 * @param devicePrograms whether the kernel takes BPF programs that guard a cgroup's devices
 * @param namespaces the kinds of namespaces, as named in {@code /proc/self/ns}
 * @param fileSystems those of {@link KernelFloor#FILE_SYSTEMS} that the kernel has
 * @param maxUserNamespaces {@code /proc/sys/user/max_user_namespaces}; 0 = none for pods
 * @param idmapObstacle why layers cannot show mapped ids, which only their file system knows; until
 *     it is tried there, why there are no user namespaces at all; empty = they can. Volumes are on
 *     file systems of their own, and what containers write needs no map
 * @param overlayLayersByFd whether overlayfs takes layers as descriptors (Linux 6.13)
 * @param overlayDetachedLayers whether those may be detached mounts (Linux 6.15)
 * @param recursiveReadOnly whether mount_setattr(2) works recursively
 * @param landlockAbi 0 = no Landlock
 * @param yamaScope {@code kernel.yama.ptrace_scope}, 0 where there is no Yama
 * @param seccompActions {@code /proc/sys/kernel/seccomp/actions_avail}; empty = no seccomp
 * @param seccompFlags those that seccomp(2) takes
 */
public record HostFacts(
    String kernelRelease,
    Arch arch,
    int lastCapability,
    CapabilitySet bounding,
    CapabilitySet effective,
    Set<String> securityModules,
    boolean appArmor,
    boolean seLinux,
    Tracing tracing,
    Optional<Path> cgroupMount,
    Set<String> cgroupControllers,
    boolean devicePrograms,
    Set<String> namespaces,
    Set<String> fileSystems,
    int maxUserNamespaces,
    Optional<String> idmapObstacle,
    boolean overlayLayersByFd,
    boolean overlayDetachedLayers,
    boolean recursiveReadOnly,
    int landlockAbi,
    int yamaScope,
    Set<Action> seccompActions,
    Set<FilterFlag> seccompFlags) {
  /** What is in the way where {@link #maxUserNamespaces} is 0. */
  public static final String NO_USER_NAMESPACES =
      "there are no user namespaces: user.max_user_namespaces is 0";

  public HostFacts {
    securityModules = Set.copyOf(securityModules);
    cgroupControllers = Set.copyOf(cgroupControllers);
    namespaces = Set.copyOf(namespaces);
    fileSystems = Set.copyOf(fileSystems);
    seccompActions = Set.copyOf(seccompActions);
    seccompFlags = Set.copyOf(seccompFlags);
  }

  /** These facts, but for one. */
  public HostFacts with(Tracing other) {
    return with(other, idmapObstacle);
  }

  /** These facts, once it was tried whether the layers of containers can show mapped ids. */
  public HostFacts withIdmapObstacle(Optional<String> obstacle) {
    return with(tracing, obstacle);
  }

  private HostFacts with(Tracing other, Optional<String> obstacle) {
    return new HostFacts(
        kernelRelease,
        arch,
        lastCapability,
        bounding,
        effective,
        securityModules,
        appArmor,
        seLinux,
        other,
        cgroupMount,
        cgroupControllers,
        devicePrograms,
        namespaces,
        fileSystems,
        maxUserNamespaces,
        obstacle,
        overlayLayersByFd,
        overlayDetachedLayers,
        recursiveReadOnly,
        landlockAbi,
        yamaScope,
        seccompActions,
        seccompFlags);
  }

  /** Whether there are time namespaces. */
  public boolean timeNamespaces() {
    return namespaces.contains("time");
  }

  /**
   * Whether a launch can be traced.
   *
   * @param possible whether it can
   * @param obstacle what is in the way if it cannot
   */
  public record Tracing(boolean possible, String obstacle) {
    /** Nothing is in the way. */
    public static final Tracing POSSIBLE = new Tracing(true, "");

    private static final int YAMA_NO_ATTACH = 3;

    /** Something is. */
    public static Tracing impossible(String obstacle) {
      return new Tracing(false, obstacle);
    }

    /**
     * What the host as a whole says; SELinux is asked for each launch, because its answer depends
     * on the program's context.
     *
     * @param yamaScope {@code kernel.yama.ptrace_scope}
     * @param capable whether the daemon has CAP_SYS_PTRACE
     * @param label warden's AppArmor label as in {@code attr/apparmor/current}, empty without
     *     AppArmor. A confined tracer is refused the exec of a program that changes its label,
     *     because apparmor(7) checks it as another ptrace
     */
    public static Tracing of(int yamaScope, boolean capable, String label) {
      if (yamaScope >= YAMA_NO_ATTACH) {
        return impossible("kernel.yama.ptrace_scope is 3");
      }
      if (!capable) {
        return impossible("the daemon lacks CAP_SYS_PTRACE");
      }
      boolean unconfined =
          label.isEmpty() || label.equals("unconfined") || label.endsWith(" (unconfined)");
      return unconfined
          ? POSSIBLE
          : impossible("warden runs under the AppArmor label " + label + ", not unconfined");
    }
  }
}
