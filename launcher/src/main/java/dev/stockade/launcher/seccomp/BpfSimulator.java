package dev.stockade.launcher.seccomp;

import java.util.List;

/**
 * Runs a seccomp program as the kernel would. Every jump goes forward, so a run takes at most as
 * many steps as the program has instructions. Not bound to a thread: a simulator may be shared.
 */
public final class BpfSimulator {
  private static final int SCRATCH_WORDS = 16;

  private final int[] codes;
  private final int[] jumpsTrue;
  private final int[] jumpsFalse;
  private final int[] operands;

  /**
   * Takes a program the kernel would take.
   *
   * @throws IllegalArgumentException if {@link BpfVerifier} finds a problem
   */
  public BpfSimulator(BpfProgram program) {
    List<String> problems = BpfVerifier.problems(program);
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException("not a seccomp program: " + String.join("; ", problems));
    }
    int length = program.length();
    codes = new int[length];
    jumpsTrue = new int[length];
    jumpsFalse = new int[length];
    operands = new int[length];
    for (int i = 0; i < length; i++) {
      BpfInstruction instruction = program.instruction(i);
      codes[i] = instruction.code();
      jumpsTrue[i] = instruction.jt();
      jumpsFalse[i] = instruction.jf();
      operands[i] = instruction.k();
    }
  }

  /**
   * What a run came to.
   *
   * @param returnValue the SECCOMP_RET_* word
   * @param instructions how many were executed
   */
  public record Outcome(int returnValue, int instructions) {
    public Verdict verdict() {
      return Verdict.ofReturnValue(returnValue);
    }
  }

  public Outcome run(SeccompData call) {
    return new Run(call.words()).outcome();
  }

  /** The state of the BPF machine. */
  private final class Run {
    private final int[] data;
    private final int[] scratch = new int[SCRATCH_WORDS];
    private int a;
    private int x;

    Run(int[] data) {
      this.data = data;
    }

    Outcome outcome() {
      int steps = 0;
      int at = 0;
      while (true) {
        steps++;
        int code = codes[at];
        int k = operands[at];
        int operand = BpfArithmetic.takesIndex(code) ? x : k;
        if (code == BpfInstruction.RETURN || code == BpfInstruction.RETURN_A) {
          return new Outcome(code == BpfInstruction.RETURN ? k : a, steps);
        }
        if (code == BpfInstruction.LOAD_WORD) {
          a = data[k / Integer.BYTES];
        } else if (code == BpfInstruction.JUMP) {
          at += k;
        } else if (BpfArithmetic.jumps(code)) {
          at += BpfArithmetic.holds(code, a, operand) ? jumpsTrue[at] : jumpsFalse[at];
        } else if (BpfArithmetic.calculates(code)) {
          if (BpfArithmetic.fails(code, operand)) {
            return new Outcome(0, steps);
          }
          a = BpfArithmetic.result(code, a, operand);
        } else {
          move(code, k);
        }
        at++;
      }
    }

    private void move(int code, int k) {
      switch (code) {
        case BpfInstruction.LOAD_IMMEDIATE -> a = k;
        case BpfInstruction.LOAD_X_IMMEDIATE -> x = k;
        case BpfInstruction.LOAD_LENGTH -> a = SeccompData.SIZE;
        case BpfInstruction.LOAD_X_LENGTH -> x = SeccompData.SIZE;
        case BpfInstruction.LOAD_SCRATCH -> a = scratch[k];
        case BpfInstruction.LOAD_X_SCRATCH -> x = scratch[k];
        case BpfInstruction.STORE_SCRATCH -> scratch[k] = a;
        case BpfInstruction.STORE_X_SCRATCH -> scratch[k] = x;
        case BpfInstruction.TO_X -> x = a;
        default -> a = x;
      }
    }
  }
}
