package dev.stockade.launcher.plan;

import dev.stockade.launcher.caps.CapabilitySet;
import dev.stockade.launcher.seccomp.Action;
import dev.stockade.launcher.seccomp.Arch;
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
 * @param securityModules {@code /sys/kernel/security/lsm}
 * @param appArmor whether AppArmor confines
 * @param seLinux whether SELinux is enabled
 * @param tracing whether a launch can be verified before its first instruction; if not, why
 * @param cgroupMount where cgroup2 is mounted
 * @param cgroupControllers the controllers available to containers there
 * @param idmappedMounts whether mounts can be idmapped on the file systems of layers
 * @param overlayLayersByFd whether overlayfs takes layers as descriptors (Linux 6.13)
 * @param overlayDetachedLayers whether those may be detached mounts (Linux 6.15)
 * @param recursiveReadOnly whether mount_setattr(2) works recursively
 * @param timeNamespaces whether there are time namespaces
 * @param landlockAbi 0 = no Landlock
 * @param yamaScope {@code kernel.yama.ptrace_scope}, 0 where there is no Yama
 * @param seccompActions {@code /proc/sys/kernel/seccomp/actions_avail}; empty = no seccomp
 */
public record HostFacts(
    String kernelRelease,
    Arch arch,
    int lastCapability,
    CapabilitySet bounding,
    Set<String> securityModules,
    boolean appArmor,
    boolean seLinux,
    Tracing tracing,
    Optional<Path> cgroupMount,
    Set<String> cgroupControllers,
    boolean idmappedMounts,
    boolean overlayLayersByFd,
    boolean overlayDetachedLayers,
    boolean recursiveReadOnly,
    boolean timeNamespaces,
    int landlockAbi,
    int yamaScope,
    Set<Action> seccompActions) {
  public HostFacts {
    securityModules = Set.copyOf(securityModules);
    cgroupControllers = Set.copyOf(cgroupControllers);
    seccompActions = Set.copyOf(seccompActions);
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
  }
}
