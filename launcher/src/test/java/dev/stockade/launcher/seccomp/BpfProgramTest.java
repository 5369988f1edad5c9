package dev.stockade.launcher.seccomp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

class BpfProgramTest {
  private static final BpfProgram ALLOW =
      BpfProgram.of(List.of(BpfInstruction.of(BpfInstruction.RETURN, 0x7fff0000)));

  @Test
  void instructionsAreSockFiltersInLittleEndian() {
    BpfProgram program = BpfProgram.of(List.of(new BpfInstruction(0x15, 255, 2, 0x80000001)));
    assertThat(HexFormat.of().formatHex(program.bytes())).isEqualTo("1500ff0201000080");
    assertThat(program.instruction(0)).isEqualTo(new BpfInstruction(0x15, 255, 2, 0x80000001));
  }

  @Test
  void theDigestIsOfTheBytes() {
    // printf '\x06\0\0\0\0\0\xff\x7f' | sha256sum
    assertThat(ALLOW.digest())
        .isEqualTo("sha256:40b2a31e1a78576bb4afdf1433867d0cc67b769635ef549fba81c7d37570520f");
    assertThat(BpfProgram.of(ALLOW.bytes())).isEqualTo(ALLOW).hasSameHashCodeAs(ALLOW);
  }

  @Test
  void bytesAreCopied() {
    byte[] bytes = ALLOW.bytes();
    BpfProgram program = BpfProgram.of(bytes);
    bytes[0] = 1;
    program.bytes()[0] = 1;
    assertThat(program).isEqualTo(ALLOW);
  }

  @Test
  void onlyWholeInstructionsUpToTheLimitAreTaken() {
    for (int length : new int[] {0, 7, 9, (BpfProgram.MAX_LENGTH + 1) * 8}) {
      assertThatThrownBy(() -> BpfProgram.of(new byte[length]))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThat(BpfProgram.of(new byte[BpfProgram.MAX_LENGTH * 8]).length()).isEqualTo(4096);
  }
}
