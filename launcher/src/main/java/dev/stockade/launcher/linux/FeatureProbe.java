package dev.stockade.launcher.linux;

import dev.stockade.launcher.seccomp.FilterFlag;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Tries features of mounts on detached file systems, which nobody else sees and which vanish with
 * their descriptor.
 */
final class FeatureProbe {
  private static final int SET_MODE_FILTER = 1;
  private static final long NEW_LISTENER = 1 << 3;

  static final Set<Errno> NO =
      Set.of(Errno.EINVAL, Errno.ENOSYS, Errno.EOPNOTSUPP, Errno.ENODEV, Errno.EPERM);

  /**
   * Open as they are, EBADF says that fsconfig(2) takes none that is O_PATH, as those of mounts
   * are: before Linux 6.15.
   */
  static final Set<Errno> NO_FOR_PATH_DESCRIPTORS =
      Set.of(Errno.EINVAL, Errno.ENOSYS, Errno.EOPNOTSUPP, Errno.ENODEV, Errno.EPERM, Errno.EBADF);

  private FeatureProbe() {}

  /**
   * Flags are looked at before the program, which is at no address: EFAULT says that all are known.
   */
  static Set<FilterFlag> filterFlags() {
    return Stream.of(FilterFlag.values())
        .filter(
            flag -> {
              long bits = flag.bit() | (flag == FilterFlag.WAIT_KILLABLE_RECV ? NEW_LISTENER : 0);
              long answer = Kernel.call(Syscall.SECCOMP, SET_MODE_FILTER, bits, 0);
              return answer == -Errno.EFAULT.number();
            })
        .collect(Collectors.toSet());
  }

  /** Those of the names that the kernel has, or gets by loading a module. */
  static Set<String> fileSystems(Set<String> names) {
    return names.stream().filter(FeatureProbe::fileSystem).collect(Collectors.toSet());
  }

  private static boolean fileSystem(String name) {
    try (Fd context = Mounts.context(name)) {
      return context.isOpen();
    } catch (SyscallException e) {
      return false;
    }
  }

  static boolean devicePrograms() {
    try (DeviceProgram program = DeviceProgram.load(List.of())) {
      return program.id() != 0;
    } catch (SyscallException e) {
      return false;
    }
  }

  private static Fd tmpfs() throws SyscallException {
    return Mounts.fileSystem("tmpfs", List.of("mode=0700"), 0);
  }

  static boolean recursiveReadOnly() throws SyscallException {
    try (Fd mount = tmpfs()) {
      Mounts.setAttributes(
          mount, true, MountAttributes.of(MountAttributes.READ_ONLY, 0), "probe tmpfs");
      return true;
    } catch (SyscallException e) {
      return refused(e, NO);
    }
  }

  /** Overlay layers by descriptor of a mounted directory, Linux 6.13. */
  static boolean overlayLayersByDescriptor() throws SyscallException {
    try (Fd one = HostPath.directory(java.nio.file.Path.of("/etc"));
        Fd two = HostPath.directory(java.nio.file.Path.of("/usr"))) {
      return overlay(one, two, NO);
    }
  }

  /** Overlay layers that are detached mounts, Linux 6.15. */
  static boolean overlayDetachedLayers() throws SyscallException {
    try (Fd one = tmpfs();
        Fd two = tmpfs()) {
      return overlay(one, two, NO_FOR_PATH_DESCRIPTORS);
    }
  }

  private static boolean overlay(Fd one, Fd two, Set<Errno> no) throws SyscallException {
    List<Mounts.Layer> layers = List.of(Mounts.Layer.of(one), Mounts.Layer.of(two));
    try (Fd mount = Mounts.overlay(layers, Optional.empty(), "", 0)) {
      return mount.isOpen();
    } catch (SyscallException e) {
      return refused(e, no);
    }
  }

  /** False for an errno that is an answer, not there or not for this process; else the failure. */
  static boolean refused(SyscallException e, Set<Errno> no) throws SyscallException {
    if (no.contains(e.errno())) {
      return false;
    }
    throw e;
  }
}
