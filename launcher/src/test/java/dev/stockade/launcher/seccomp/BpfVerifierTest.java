package dev.stockade.launcher.seccomp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BpfVerifierTest {
  private static final int LOADS = 7;
  private static final int STORES = 2;
  private static final int CALCULATIONS = 19;
  private static final int JUMPS = 9;
  private static final int RETURNS = 2;
  private static final int MOVES = 2;
  private static final BpfInstruction RETURN = BpfInstruction.of(BpfInstruction.RETURN, 0);

  private static List<String> problems(BpfInstruction... instructions) {
    return BpfVerifier.problems(BpfProgram.of(List.of(instructions)));
  }

  private static BpfInstruction op(int code, int k) {
    return BpfInstruction.of(code, k);
  }

  @Test
  void everyOperationOfSeccompIsAllowedAndNoOther() {
    int allowed = 0;
    for (int code = 0; code <= 0xffff; code++) {
      BpfInstruction i = new BpfInstruction(code, 0, 0, code == 0x05 ? 0 : 4);
      if (problems(op(BpfInstruction.STORE_SCRATCH, 4), i, RETURN).isEmpty()) {
        allowed++;
      }
    }
    assertThat(allowed).isEqualTo(LOADS + STORES + CALCULATIONS + JUMPS + RETURNS + MOVES);
  }

  @Test
  void loadsMustBeAlignedAndInside() {
    assertThat(problems(op(0x20, 60), RETURN)).isEmpty();
    assertThat(problems(op(0x20, 64), RETURN))
        .containsExactly("instruction 0 loads from offset 64");
    assertThat(problems(op(0x20, 2), RETURN)).containsExactly("instruction 0 loads from offset 2");
    assertThat(problems(op(0x20, -4), RETURN))
        .containsExactly("instruction 0 loads from offset 4294967292");
  }

  @Test
  void jumpsMustStayInside() {
    assertThat(problems(new BpfInstruction(0x15, 1, 0, 0), RETURN, RETURN)).isEmpty();
    assertThat(problems(new BpfInstruction(0x15, 2, 0, 0), RETURN, RETURN))
        .containsExactly("instruction 0 jumps beyond the end");
    assertThat(problems(new BpfInstruction(0x15, 0, 2, 0), RETURN, RETURN))
        .containsExactly("instruction 0 jumps beyond the end");
    assertThat(problems(op(0x05, -1), RETURN))
        .containsExactly("instruction 0 jumps beyond the end");
  }

  @Test
  void theEndMustReturn() {
    assertThat(problems(RETURN, op(0x20, 0)))
        .containsExactly("instruction 1 the last instruction does not return");
    assertThat(problems(op(0x20, 0), op(0x16, 0))).isEmpty();
  }

  @Test
  void scratchMustBeWrittenOnEveryWay() {
    BpfInstruction store = op(BpfInstruction.STORE_SCRATCH, 3);
    BpfInstruction load = op(BpfInstruction.LOAD_SCRATCH, 3);
    assertThat(problems(store, load, RETURN)).isEmpty();
    assertThat(problems(load, RETURN)).hasSize(1);
    assertThat(problems(new BpfInstruction(0x15, 0, 1, 0), store, load, RETURN)).hasSize(1);
    assertThat(problems(op(BpfInstruction.STORE_SCRATCH, 16), RETURN)).hasSize(1);
  }

  @Test
  void constantsThatFaultAreRefused() {
    assertThat(problems(op(0x34, 0), RETURN)).containsExactly("instruction 0 divides by 0");
    assertThat(problems(op(0x64, 32), RETURN)).containsExactly("instruction 0 shifts by 32");
  }

  @Test
  void theListOfProblemsIsBounded() {
    List<BpfInstruction> bad = new ArrayList<>();
    for (int i = 0; i < BpfProgram.MAX_LENGTH; i++) {
      bad.add(op(0xff, 0));
    }
    assertThat(BpfVerifier.problems(BpfProgram.of(bad))).hasSize(20);
  }
}
