package dev.stockade.launcher.seccomp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ArchTest {
  @Test
  void theJvmsNamesOfBothMachinesAreKnown() {
    assertThat(Arch.ofSystemProperty("amd64")).isEqualTo(Arch.X86_64);
    assertThat(Arch.ofSystemProperty("aarch64")).isEqualTo(Arch.AARCH64);
    assertThatThrownBy(() -> Arch.ofSystemProperty("riscv64"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("riscv64");
  }

  @Test
  void x32IsToldByTheNumber() {
    int native64 = Arch.X86_64.auditArch();
    assertThat(Arch.ofCall(native64, 0x3fffffff)).contains(Arch.X86_64);
    assertThat(Arch.ofCall(native64, 0x40000000)).contains(Arch.X32);
    assertThat(Arch.ofCall(native64, -2)).contains(Arch.X32);
    assertThat(Arch.ofCall(native64, -1)).contains(Arch.X86_64);
    assertThat(Arch.ofCall(Arch.ARM.auditArch(), 0x40000000)).contains(Arch.ARM);
    assertThat(Arch.ofCall(0x80000015, 1)).isEmpty();
  }
}
