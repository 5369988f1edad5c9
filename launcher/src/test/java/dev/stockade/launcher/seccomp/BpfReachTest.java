package dev.stockade.launcher.seccomp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BpfReachTest {
  private static BpfInstruction op(int code, int k) {
    return BpfInstruction.of(code, k);
  }

  private static List<Verdict> verdicts(Map<Integer, Long> args, BpfInstruction... instructions) {
    return List.copyOf(
        BpfReach.verdicts(BpfProgram.of(List.of(instructions)), Arch.X86_64, 1, args));
  }

  @Test
  void whatIsKnownDecidesAndWhatIsNotGoesBothWays() {
    BpfInstruction[] program = {
      op(BpfInstruction.LOAD_WORD, 16),
      op(BpfInstruction.AND, 0xff),
      new BpfInstruction(BpfInstruction.JUMP_EQ, 1, 0, 5),
      op(BpfInstruction.RETURN, 0),
      op(BpfInstruction.RETURN, 0x7fff0000)
    };
    assertThat(verdicts(Map.of(0, 0x105L), program)).containsExactly(Verdict.ALLOW);
    assertThat(verdicts(Map.of(0, 6L), program)).containsExactly(Verdict.KILL_THREAD);
    assertThat(verdicts(Map.of(), program)).containsExactly(Verdict.KILL_THREAD, Verdict.ALLOW);
  }

  @Test
  void aReturnValueMadeOfArgumentsIsTheWorst() {
    assertThat(verdicts(Map.of(), op(BpfInstruction.LOAD_WORD, 20), op(BpfInstruction.RETURN_A, 0)))
        .containsExactly(new Verdict(Action.KILL_PROCESS, 0));
    assertThat(
            verdicts(
                Map.of(),
                op(BpfInstruction.LOAD_IMMEDIATE, 0x7fff0000),
                op(BpfInstruction.RETURN_A, 0)))
        .containsExactly(Verdict.ALLOW);
  }

  @Test
  void registersAreMergedWhereWaysMeet() {
    assertThat(
            verdicts(
                Map.of(),
                op(BpfInstruction.LOAD_WORD, 16),
                new BpfInstruction(BpfInstruction.JUMP_EQ, 0, 1, 5),
                op(BpfInstruction.LOAD_X_IMMEDIATE, 3),
                op(BpfInstruction.LOAD_IMMEDIATE, 3),
                new BpfInstruction(BpfInstruction.JUMP_EQ | BpfInstruction.OPERAND_X, 0, 1, 0),
                op(BpfInstruction.RETURN, 0x7fff0000),
                op(BpfInstruction.RETURN, 0x7ffc0000)))
        .containsExactly(new Verdict(Action.LOG, 0), Verdict.ALLOW);
  }
}
