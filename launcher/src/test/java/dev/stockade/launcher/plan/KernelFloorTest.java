package dev.stockade.launcher.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.launcher.caps.Capability;
import dev.stockade.launcher.caps.CapabilitySet;
import dev.stockade.launcher.seccomp.Action;
import dev.stockade.launcher.seccomp.Arch;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class KernelFloorTest {
  private String release = "6.12.0";
  private CapabilitySet effective = CapabilitySet.upTo(40);
  private Optional<Path> cgroup = Optional.of(Path.of("/sys/fs/cgroup"));
  private boolean devicePrograms = true;
  private Set<String> namespaces = Set.of("mnt", "pid", "net", "ipc", "uts", "cgroup");
  private Set<String> fileSystems = KernelFloor.FILE_SYSTEMS;
  private boolean recursiveReadOnly = true;
  private int landlock = 6;
  private Set<Action> actions = Set.of(Action.KILL_PROCESS, Action.ERRNO, Action.ALLOW);

  private List<String> missing() {
    return KernelFloor.missing(
        new HostFacts(
            release,
            Arch.X86_64,
            40,
            CapabilitySet.NONE,
            effective,
            Set.of(),
            false,
            false,
            new HostFacts.Tracing(false, "not needed"),
            cgroup,
            Set.of(),
            devicePrograms,
            namespaces,
            fileSystems,
            0,
            Optional.of("not needed"),
            false,
            false,
            recursiveReadOnly,
            landlock,
            3,
            actions,
            Set.of()));
  }

  @Test
  void whatIsNewerOrAskedForByFewIsNotPartOfIt() {
    assertThat(missing()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"6.12", "6.12-rc1", "6.12.48+deb13-cloud-amd64", "6.100.1", "7.0.0"})
  void laterReleasesWillDo(String text) {
    release = text;
    assertThat(missing()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"6.11.99", "5.14.0-503.el9", "6.2.12", "6", "", "v6.12", "six.twelve"})
  void earlierReleasesAndWhatIsNoneWillNot(String text) {
    release = text;
    assertThat(missing())
        .containsExactly("Linux 6.12 or later (" + text + " is running; boot a newer kernel)");
  }

  @Test
  void everythingThatIsMissingIsNamedAtOnce() {
    release = "6.1.0";
    effective = effective.minus(CapabilitySet.of(Capability.MKNOD, Capability.SYS_ADMIN));
    cgroup = Optional.empty();
    devicePrograms = false;
    namespaces = Set.of("mnt", "pid", "net", "uts", "user");
    fileSystems = Set.of("tmpfs", "proc", "sysfs", "devpts", "cgroup2");
    recursiveReadOnly = false;
    landlock = 0;
    actions = Set.of();
    assertThat(missing())
        .containsExactly(
            "Linux 6.12 or later (6.1.0 is running; boot a newer kernel)",
            "the capabilities SYS_ADMIN,MKNOD (run the daemon as root of the host)",
            "the namespaces cgroup, ipc (boot a kernel that has them)",
            "the file systems mqueue, overlay (boot a kernel that has them)",
            "mount_setattr(2) (allow it where the daemon runs)",
            "a cgroup2 file system (mount one from its root, usually at /sys/fs/cgroup)",
            "BPF programs for a cgroup's devices (boot a kernel with CONFIG_CGROUP_BPF)",
            "seccomp filters (boot a kernel with CONFIG_SECCOMP_FILTER)",
            "Landlock (boot a kernel that has it, with landlock in the lsm= list)");
  }
}
