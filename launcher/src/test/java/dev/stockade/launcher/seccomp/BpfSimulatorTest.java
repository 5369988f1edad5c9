package dev.stockade.launcher.seccomp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stockade.launcher.seccomp.BpfSimulator.Outcome;
import java.util.List;
import org.junit.jupiter.api.Test;

class BpfSimulatorTest {
  private static final SeccompData CALL =
      new SeccompData(
          7,
          Arch.X86_64.auditArch(),
          0x1122334455667788L,
          List.of(1L, 2L, 3L, 4L, 5L, 0xaabbccdd00000006L));

  private static Outcome run(BpfInstruction... instructions) {
    return new BpfSimulator(BpfProgram.of(List.of(instructions))).run(CALL);
  }

  private static BpfInstruction op(int code, int k) {
    return BpfInstruction.of(code, k);
  }

  private static int result(int code, int a, int k) {
    return run(op(BpfInstruction.LOAD_IMMEDIATE, a), op(code, k), op(BpfInstruction.RETURN_A, 0))
        .returnValue();
  }

  @Test
  void loadsSeeTheCallAsTheKernelLaysItOut() {
    int[] expected = {
      7, 0xC000003E, 0x55667788, 0x11223344, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0xaabbccdd
    };
    for (int word = 0; word < expected.length; word++) {
      Outcome outcome = run(op(BpfInstruction.LOAD_WORD, 4 * word), op(BpfInstruction.RETURN_A, 0));
      assertThat(outcome).isEqualTo(new Outcome(expected[word], 2));
    }
    assertThat(run(op(BpfInstruction.LOAD_LENGTH, 0), op(BpfInstruction.RETURN_A, 0)).returnValue())
        .isEqualTo(64);
  }

  @Test
  void calculationsAreUnsigned() {
    assertThat(result(0x04, -1, 3)).isEqualTo(2);
    assertThat(result(0x14, 1, 3)).isEqualTo(-2);
    assertThat(result(0x24, 0x10000, 0x10001)).isEqualTo(0x10000);
    assertThat(result(0x34, -2, 2)).isEqualTo(0x7fffffff);
    assertThat(result(0x44, 5, 10)).isEqualTo(15);
    assertThat(result(0x54, 12, 10)).isEqualTo(8);
    assertThat(result(0x64, 1, 31)).isEqualTo(Integer.MIN_VALUE);
    assertThat(result(0x74, -1, 28)).isEqualTo(15);
    assertThat(result(0x84, 1, 0)).isEqualTo(-1);
    assertThat(result(0xa4, 12, 10)).isEqualTo(6);
  }

  @Test
  void divisionByAnIndexOfZeroEndsWithZero() {
    Outcome outcome =
        run(
            op(BpfInstruction.LOAD_IMMEDIATE, 9),
            op(BpfInstruction.LOAD_X_IMMEDIATE, 0),
            op(0x3c, 0),
            op(BpfInstruction.RETURN, 0x7fff0000));
    assertThat(outcome).isEqualTo(new Outcome(0, 3));
  }

  @Test
  void comparisonsAreUnsigned() {
    assertThat(jumps(BpfInstruction.JUMP_GT, -1, 1)).isTrue();
    assertThat(jumps(BpfInstruction.JUMP_GE, 1, -1)).isFalse();
    assertThat(jumps(BpfInstruction.JUMP_GE, 5, 5)).isTrue();
    assertThat(jumps(BpfInstruction.JUMP_GT, 5, 5)).isFalse();
    assertThat(jumps(BpfInstruction.JUMP_EQ, 5, 5)).isTrue();
    assertThat(jumps(BpfInstruction.JUMP_SET, 6, 2)).isTrue();
    assertThat(jumps(BpfInstruction.JUMP_SET, 6, 9)).isFalse();
  }

  private static boolean jumps(int code, int a, int k) {
    return run(
                op(BpfInstruction.LOAD_IMMEDIATE, a),
                new BpfInstruction(code, 1, 0, k),
                op(BpfInstruction.RETURN, 0),
                op(BpfInstruction.RETURN, 1))
            .returnValue()
        == 1;
  }

  @Test
  void registersAndScratchMove() {
    Outcome outcome =
        run(
            op(BpfInstruction.LOAD_IMMEDIATE, 40),
            op(BpfInstruction.TO_X, 0),
            op(BpfInstruction.STORE_X_SCRATCH, 15),
            op(BpfInstruction.LOAD_IMMEDIATE, 2),
            op(BpfInstruction.STORE_SCRATCH, 0),
            op(BpfInstruction.LOAD_X_SCRATCH, 15),
            op(BpfInstruction.LOAD_SCRATCH, 0),
            op(0x0c, 0),
            op(BpfInstruction.JUMP, 1),
            op(BpfInstruction.RETURN, 0),
            op(BpfInstruction.RETURN_A, 0));
    assertThat(outcome).isEqualTo(new Outcome(42, 10));
  }

  @Test
  void onlyProgramsTheKernelTakesAreRun() {
    assertThatThrownBy(() -> run(op(BpfInstruction.LOAD_WORD, 0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("does not return");
  }
}
