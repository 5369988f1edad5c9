package dev.stockade.launcher.seccomp;

import java.util.List;

/**
 * Runs a seccomp program as the kernel would. Every jump goes forward, so a run takes at most as
 * many steps as the program has instructions. Not bound to a thread: a simulator may be shared.
 */
public final class BpfSimulator {
  private static final int SCRATCH_WORDS = 16;
  private static final int OPERATION = 0xf0;

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
      for (int at = 0; ; at++) {
        steps++;
        int code = codes[at];
        int k = operands[at];
        if (code == BpfInstruction.RETURN || code == BpfInstruction.RETURN_A) {
          return new Outcome(code == BpfInstruction.RETURN ? k : a, steps);
        } else if (code == BpfInstruction.LOAD_WORD) {
          a = data[k / Integer.BYTES];
        } else if ((code & 0x07) == BpfInstruction.JUMP) {
          at += code == BpfInstruction.JUMP ? k : compare(code, k) ? jumpsTrue[at] : jumpsFalse[at];
        } else if ((code & 0x07) == 0x04) {
          if (!calculate(code, k)) {
            return new Outcome(0, steps);
          }
        } else {
          move(code, k);
        }
      }
    }

    private int operand(int code, int k) {
      return (code & BpfInstruction.OPERAND_X) != 0 ? x : k;
    }

    private boolean compare(int code, int k) {
      int operand = operand(code, k);
      return switch (code & ~BpfInstruction.OPERAND_X) {
        case BpfInstruction.JUMP_EQ -> a == operand;
        case BpfInstruction.JUMP_GT -> Integer.compareUnsigned(a, operand) > 0;
        case BpfInstruction.JUMP_GE -> Integer.compareUnsigned(a, operand) >= 0;
        default -> (a & operand) != 0;
      };
    }

    /** False for a division by an X of 0, which ends the program with 0. */
    private boolean calculate(int code, int k) {
      int operand = operand(code, k);
      switch (code & OPERATION) {
        case 0x00 -> a += operand;
        case 0x10 -> a -= operand;
        case 0x20 -> a *= operand;
        case 0x30 -> {
          if (operand == 0) {
            return false;
          }
          a = Integer.divideUnsigned(a, operand);
        }
        case 0x40 -> a |= operand;
        case 0x50 -> a &= operand;
        case 0x60 -> a <<= operand;
        case 0x70 -> a >>>= operand;
        case 0x80 -> a = -a;
        default -> a ^= operand;
      }
      return true;
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
