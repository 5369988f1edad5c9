package dev.stockade.launcher.seccomp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class DefaultProfileTest {
  private static final Verdict EPERM = new Verdict(Action.ERRNO, 1);
  private static final Verdict ENOSYS = new Verdict(Action.ERRNO, 38);

  private static Verdict verdict(
      Set<String> bounding, Arch nativeArch, Arch arch, String name, long... args) {
    Profile profile = DefaultProfile.forCapabilities(bounding, nativeArch);
    int number = SyscallTable.of(arch).number(name).orElseThrow();
    return new SeccompPolicy(profile, nativeArch)
        .explain(SeccompData.of(arch, number, args))
        .verdict();
  }

  private static Verdict plain(String name, long... args) {
    return verdict(Set.of(), Arch.X86_64, Arch.X86_64, name, args);
  }

  @ParameterizedTest
  @EnumSource(
      value = Arch.class,
      names = {"X86_64", "AARCH64"})
  void everyCallOfTheTablesIsNamed(Arch nativeArch) {
    Set<String> everything = new TreeSet<>();
    nativeArch
        .family()
        .forEach(arch -> everything.addAll(SyscallTable.of(arch).numbers().keySet()));
    for (Set<String> bounding : List.of(Set.<String>of(), Set.of("CAP_SYS_ADMIN"))) {
      Set<String> named = new TreeSet<>();
      DefaultProfile.forCapabilities(bounding, nativeArch)
          .syscalls()
          .forEach(rule -> named.addAll(rule.names()));
      assertThat(named).containsAll(everything);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Arch.class,
      names = {"X86_64", "AARCH64"})
  void itCanBeEnforcedAsWritten(Arch nativeArch) {
    Profile profile = DefaultProfile.forCapabilities(Set.of(), nativeArch);
    assertThat(ProfileReview.of(profile).problems()).isEmpty();
    assertThat(profile.archs(nativeArch)).isEqualTo(nativeArch.family());
    assertThat(profile.defaultVerdict()).isEqualTo(EPERM);
  }

  @ParameterizedTest
  @CsvSource({
    "CAP_SYS_ADMIN, mount",
    "CAP_SYS_ADMIN, umount2",
    "CAP_SYS_ADMIN, open_tree",
    "CAP_SYS_ADMIN, move_mount",
    "CAP_SYS_ADMIN, fsopen",
    "CAP_SYS_ADMIN, fsconfig",
    "CAP_SYS_ADMIN, fsmount",
    "CAP_SYS_ADMIN, fspick",
    "CAP_SYS_ADMIN, mount_setattr",
    "CAP_SYS_ADMIN, setns",
    "CAP_SYS_ADMIN, unshare",
    "CAP_SYS_ADMIN, bpf",
    "CAP_SYS_ADMIN, perf_event_open",
    "CAP_SYS_ADMIN, fanotify_init",
    "CAP_SYS_ADMIN, quotactl",
    "CAP_SYS_ADMIN, sethostname",
    "CAP_SYS_ADMIN, syslog",
    "CAP_BPF, bpf",
    "CAP_PERFMON, perf_event_open",
    "CAP_SYSLOG, syslog",
    "CAP_DAC_READ_SEARCH, open_by_handle_at",
    "CAP_SYS_BOOT, reboot",
    "CAP_SYS_CHROOT, chroot",
    "CAP_SYS_MODULE, finit_module",
    "CAP_SYS_PACCT, acct",
    "CAP_SYS_PTRACE, pidfd_getfd",
    "CAP_SYS_PTRACE, kcmp",
    "CAP_SYS_PTRACE, process_madvise",
    "CAP_SYS_RAWIO, iopl",
    "CAP_SYS_TIME, clock_settime",
    "CAP_SYS_TTY_CONFIG, vhangup",
    "CAP_SYS_NICE, mbind"
  })
  void acapabilityOpensWhatItIsFor(String capability, String name) {
    assertThat(plain(name)).isEqualTo(EPERM);
    assertThat(verdict(Set.of(capability), Arch.X86_64, Arch.X86_64, name))
        .isEqualTo(Verdict.ALLOW);
  }

  @ParameterizedTest
  @CsvSource({
    "keyctl", "add_key", "request_key", "io_uring_setup", "io_uring_enter", "io_uring_register",
        "userfaultfd", "kexec_load",
    "kexec_file_load", "pivot_root", "swapon", "swapoff", "move_pages", "migrate_pages", "uselib",
        "vserver"
  })
  void noCapabilityOpensTheRest(String name) {
    Set<String> all =
        Set.of(
            "CAP_SYS_ADMIN",
            "CAP_SYS_BOOT",
            "CAP_SYS_PTRACE",
            "CAP_SYS_NICE",
            "CAP_BPF",
            "CAP_SYS_RAWIO",
            "CAP_IPC_LOCK");
    assertThat(verdict(all, Arch.X86_64, Arch.X86_64, name)).isEqualTo(EPERM);
  }

  @ParameterizedTest
  @CsvSource({
    "read",
    "execve",
    "execveat",
    "ptrace",
    "process_vm_readv",
    "seccomp",
    "landlock_add_rule",
    "rseq",
    "statx",
    "faccessat2",
    "openat2",
    "memfd_create",
    "pidfd_open",
    "futex_waitv",
    "close_range",
    "capset",
    "prctl",
    "arch_prctl"
  })
  void ordinaryCallsAreOpen(String name) {
    assertThat(plain(name)).isEqualTo(Verdict.ALLOW);
  }

  @Test
  void newNamespacesNeedTheAdministrator() {
    long[] flags = {
      0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000
    };
    for (long flag : flags) {
      assertThat(plain("clone", flag | 0x11)).isEqualTo(EPERM);
      assertThat(verdict(Set.of("CAP_SYS_ADMIN"), Arch.X86_64, Arch.X86_64, "clone", flag))
          .isEqualTo(Verdict.ALLOW);
      assertThat(verdict(Set.of(), Arch.AARCH64, Arch.AARCH64, "clone", flag)).isEqualTo(EPERM);
    }
    assertThat(plain("clone", 0x003d0f00)).isEqualTo(Verdict.ALLOW);
    assertThat(plain("clone3")).isEqualTo(ENOSYS);
    assertThat(verdict(Set.of("CAP_SYS_ADMIN"), Arch.X86_64, Arch.X86_64, "clone3"))
        .isEqualTo(Verdict.ALLOW);
  }

  @Test
  void cryptoAndHypervisorSocketsAreClosedOnEveryWay() {
    for (Arch arch : Arch.X86_64.family()) {
      for (long family = 0; family < 46; family++) {
        Verdict expected = family == 38 || family == 40 ? EPERM : Verdict.ALLOW;
        assertThat(verdict(Set.of(), Arch.X86_64, arch, "socket", family))
            .as("%s %d", arch, family)
            .isEqualTo(expected);
        assertThat(verdict(Set.of(), Arch.X86_64, arch, "socket", family | 0x7_0000_0000L))
            .isEqualTo(expected);
      }
    }
    assertThat(verdict(Set.of(), Arch.X86_64, Arch.X86, "socketcall", 1)).isEqualTo(EPERM);
    for (long call = 2; call <= 20; call++) {
      assertThat(verdict(Set.of(), Arch.X86_64, Arch.X86, "socketcall", call))
          .isEqualTo(Verdict.ALLOW);
    }
    assertThat(verdict(Set.of(), Arch.X86_64, Arch.X86, "socketcall", 21)).isEqualTo(EPERM);
    assertThat(verdict(Set.of(), Arch.X86_64, Arch.X86, "ipc", 0x10000 | 21))
        .isEqualTo(Verdict.ALLOW);
  }

  @Test
  void onlyHarmlessPersonalitiesAreOpen() {
    for (long persona : new long[] {0, 8, 0x20000, 0x20008, 0xffffffffL, -1}) {
      assertThat(plain("personality", persona)).isEqualTo(Verdict.ALLOW);
    }
    for (long persona : new long[] {0x0040000, 0x0400000, 4, 0x20009, 0xfffffffeL}) {
      assertThat(plain("personality", persona)).isEqualTo(EPERM);
    }
  }

  @Test
  void callsNewerThanTheTablesAreAbsent() {
    Profile profile = DefaultProfile.forCapabilities(Set.of(), Arch.X86_64);
    for (Arch arch : Arch.X86_64.family()) {
      SeccompData call = SeccompData.of(arch, 473 | arch.numberBit());
      assertThat(new SeccompPolicy(profile, Arch.X86_64).explain(call).verdict()).isEqualTo(ENOSYS);
    }
    assertThat(plain("rseq_slice_yield")).isEqualTo(ENOSYS);
  }

  @Test
  void armHasItsOwnCalls() {
    assertThat(verdict(Set.of(), Arch.AARCH64, Arch.ARM, "cacheflush")).isEqualTo(Verdict.ALLOW);
    assertThat(verdict(Set.of(), Arch.AARCH64, Arch.ARM, "get_tls")).isEqualTo(EPERM);
    assertThat(verdict(Set.of(), Arch.AARCH64, Arch.ARM, "sync_file_range2"))
        .isEqualTo(Verdict.ALLOW);
    assertThat(plain("modify_ldt")).isEqualTo(Verdict.ALLOW);
  }

  @Test
  void onlyCapabilityNamesAndKnownMachinesAreTaken() {
    assertThatThrownBy(() -> DefaultProfile.forCapabilities(Set.of("sys_admin"), Arch.X86_64))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("sys_admin");
    assertThatThrownBy(() -> DefaultProfile.forCapabilities(Set.of(), Arch.X32))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
