package dev.stockade.launcher.seccomp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class SyscallTableTest {
  @Test
  void wellKnownNumbersAreRight() {
    Map<Arch, Integer> execve =
        Map.of(
            Arch.X86_64, 59, Arch.X32, 0x40000208, Arch.X86, 11, Arch.AARCH64, 221, Arch.ARM, 11);
    execve.forEach(
        (arch, number) -> {
          assertThat(SyscallTable.of(arch).number("execve")).isEqualTo(OptionalInt.of(number));
          assertThat(SyscallTable.of(arch).name(number)).contains("execve");
        });
    assertThat(SyscallTable.of(Arch.ARM).number("set_tls")).isEqualTo(OptionalInt.of(0xf0005));
  }

  @Test
  void callsSinceLinux51HaveOneNumberEverywhere() {
    for (Arch arch : Arch.values()) {
      assertThat(SyscallTable.of(arch).number("openat2"))
          .isEqualTo(OptionalInt.of(437 | arch.numberBit()));
      assertThat(SyscallTable.of(arch).number("fchroot"))
          .isEqualTo(OptionalInt.of(472 | arch.numberBit()));
    }
  }

  @Test
  void tablesHaveTheSizeOfTheirHeaders() {
    assertThat(SyscallTable.of(Arch.X86_64).numbers()).hasSize(386);
    assertThat(SyscallTable.of(Arch.X32).numbers()).hasSize(375);
    assertThat(SyscallTable.of(Arch.X86).numbers()).hasSize(462);
    assertThat(SyscallTable.of(Arch.AARCH64).numbers()).hasSize(328);
    assertThat(SyscallTable.of(Arch.ARM).numbers()).hasSize(432);
    assertThat(SyscallTable.of(Arch.X86_64).origin()).isEqualTo("x86_64, Linux 7.3.0");
  }

  @Test
  void onlyArmHasAnAlias() {
    assertThat(SyscallTable.of(Arch.ARM).namesOf(341))
        .containsExactly("arm_sync_file_range", "sync_file_range2");
    assertThat(SyscallTable.of(Arch.X86_64).namesOf(0)).containsExactly("read");
    assertThat(SyscallTable.of(Arch.X86_64).namesOf(400)).isEmpty();
  }

  @Test
  void namesOfOtherMachinesAreKnownButHaveNoNumber() {
    assertThat(SyscallTable.isKnownAnywhere("s390_runtime_instr")).isTrue();
    assertThat(SyscallTable.isKnownAnywhere("open_sesame")).isFalse();
    assertThat(SyscallTable.of(Arch.X86_64).number("s390_runtime_instr")).isEmpty();
  }
}
