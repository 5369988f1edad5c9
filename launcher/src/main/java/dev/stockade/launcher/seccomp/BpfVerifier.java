package dev.stockade.launcher.seccomp;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * The kernel's rules for seccomp programs: those of every classic BPF program ({@code
 * bpf_check_classic} and {@code check_load_and_stores}, net/core/filter.c) and the narrower set of
 * operations of {@code seccomp_check_filter} (kernel/seccomp.c). One pass over at most {@link
 * BpfProgram#MAX_LENGTH} instructions.
 */
public final class BpfVerifier {
  private static final int MAX_PROBLEMS = 20;
  private static final int SCRATCH_WORDS = 16;
  private static final int LONGEST_SHIFT = 32;
  private static final Set<Integer> PLAIN =
      Set.of(
          BpfInstruction.LOAD_IMMEDIATE,
          BpfInstruction.LOAD_X_IMMEDIATE,
          BpfInstruction.LOAD_LENGTH,
          BpfInstruction.LOAD_X_LENGTH,
          BpfInstruction.NEGATE,
          BpfInstruction.TO_X,
          BpfInstruction.FROM_X,
          BpfInstruction.RETURN,
          BpfInstruction.RETURN_A);

  /** Add, subtract, multiply, divide, or, and, shift left, shift right, xor with a constant. */
  private static final Set<Integer> ARITHMETIC =
      Set.of(0x04, 0x14, 0x24, 0x34, 0x44, 0x54, 0x64, 0x74, 0xa4);

  private static final Set<Integer> BRANCHES =
      Set.of(
          BpfInstruction.JUMP_EQ,
          BpfInstruction.JUMP_GT,
          BpfInstruction.JUMP_GE,
          BpfInstruction.JUMP_SET);

  private static final int DIVIDE = 0x34;
  private static final int SHIFT_LEFT = 0x64;
  private static final int SHIFT_RIGHT = 0x74;

  private final BpfProgram program;
  private final List<String> problems = new ArrayList<>();

  /** Scratch words written on every way to an instruction, one bit each. */
  private final int[] written;

  private BpfVerifier(BpfProgram program) {
    this.program = program;
    this.written = new int[program.length()];
    Arrays.fill(written, -1);
    written[0] = 0;
  }

  /** Why the kernel would refuse the program; empty if it would take it. */
  public static List<String> problems(BpfProgram program) {
    BpfVerifier verifier = new BpfVerifier(program);
    for (int at = 0; at < program.length(); at++) {
      verifier.check(at, program.instruction(at));
    }
    int last = program.instruction(program.length() - 1).code();
    if (last != BpfInstruction.RETURN && last != BpfInstruction.RETURN_A) {
      verifier.problem(program.length() - 1, "the last instruction does not return");
    }
    return verifier.problems;
  }

  private void check(int at, BpfInstruction i) {
    int code = i.code();
    if (code == BpfInstruction.LOAD_WORD) {
      if ((i.k() & 3) != 0 || Integer.compareUnsigned(i.k(), SeccompData.SIZE) >= 0) {
        problem(at, "loads from offset " + Integer.toUnsignedString(i.k()));
      }
    } else if (code == BpfInstruction.LOAD_SCRATCH || code == BpfInstruction.LOAD_X_SCRATCH) {
      boolean there = scratch(at, i);
      if (there && (written[at] & 1 << i.k()) == 0) {
        problem(at, "reads scratch word " + i.k() + " before it is written on every way");
      }
    } else if (code == BpfInstruction.STORE_SCRATCH || code == BpfInstruction.STORE_X_SCRATCH) {
      if (scratch(at, i)) {
        written[at] |= 1 << i.k();
      }
    } else if (isArithmetic(code)) {
      checkArithmetic(at, i);
    } else if (code != BpfInstruction.JUMP && !isBranch(code) && !PLAIN.contains(code)) {
      problem(at, "operation 0x" + Integer.toHexString(code) + " is not allowed");
    }
    follow(at, i);
  }

  private static boolean isArithmetic(int code) {
    return ARITHMETIC.contains(code & ~BpfInstruction.OPERAND_X);
  }

  private static boolean isBranch(int code) {
    return BRANCHES.contains(code & ~BpfInstruction.OPERAND_X);
  }

  private void checkArithmetic(int at, BpfInstruction i) {
    if (i.code() == DIVIDE && i.k() == 0) {
      problem(at, "divides by 0");
    }
    boolean shifts = i.code() == SHIFT_LEFT || i.code() == SHIFT_RIGHT;
    if (shifts && Integer.compareUnsigned(i.k(), LONGEST_SHIFT) >= 0) {
      problem(at, "shifts by " + Integer.toUnsignedString(i.k()));
    }
  }

  private boolean scratch(int at, BpfInstruction i) {
    boolean there = i.k() >= 0 && i.k() < SCRATCH_WORDS;
    if (!there) {
      problem(at, "uses scratch word " + Integer.toUnsignedString(i.k()));
    }
    return there;
  }

  private void follow(int at, BpfInstruction i) {
    if (i.code() == BpfInstruction.JUMP) {
      reach(at, Integer.toUnsignedLong(i.k()));
    } else if (isBranch(i.code())) {
      reach(at, i.jt());
      reach(at, i.jf());
    } else if (i.code() != BpfInstruction.RETURN && i.code() != BpfInstruction.RETURN_A) {
      reach(at, 0);
    }
  }

  private void reach(int at, long skipped) {
    long target = at + 1 + skipped;
    if (target < program.length()) {
      written[(int) target] &= written[at];
    } else if (skipped > 0) {
      problem(at, "jumps beyond the end");
    }
  }

  private void problem(int at, String what) {
    if (problems.size() < MAX_PROBLEMS) {
      problems.add("instruction " + at + " " + what);
    }
  }
}
