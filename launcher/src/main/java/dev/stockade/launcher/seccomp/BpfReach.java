package dev.stockade.launcher.seccomp;

import java.util.Arrays;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What a program may return for a call of which only some words are known: every instruction is
 * visited at most once, with what the registers hold on all ways to it. Never misses a verdict; may
 * name one that no arguments give.
 */
final class BpfReach {
  private static final long UNKNOWN = Long.MIN_VALUE;
  private static final int A = 0;
  private static final int X = 1;
  private static final int SCRATCH = 2;
  private static final int REGISTERS = 18;

  private final long[] words;

  /**
   * Per instruction the registers before it, each a word or unknown; an empty row where no way
   * leads.
   */
  private final long[][] before;

  private final SortedSet<Verdict> verdicts = new TreeSet<>();

  private BpfReach(int length, long[] words) {
    this.words = words;
    this.before = new long[length][0];
    before[0] = new long[REGISTERS];
  }

  /**
   * All verdicts of a call, strictest first.
   *
   * @param args the arguments that are known, by index
   */
  static SortedSet<Verdict> verdicts(
      BpfProgram program, Arch arch, int number, Map<Integer, Long> args) {
    long[] words = new long[SeccompData.SIZE / Integer.BYTES];
    Arrays.fill(words, UNKNOWN);
    words[SeccompData.NUMBER / Integer.BYTES] = number;
    words[SeccompData.AUDIT_ARCH / Integer.BYTES] = arch.auditArch();
    args.forEach(
        (index, value) -> {
          words[SeccompData.argumentLow(index) / Integer.BYTES] = (int) (long) value;
          words[SeccompData.argumentHigh(index) / Integer.BYTES] = (int) (value >>> Integer.SIZE);
        });
    BpfReach reach = new BpfReach(program.length(), words);
    for (int at = 0; at < program.length(); at++) {
      if (reach.before[at].length > 0) {
        reach.visit(at, program.instruction(at));
      }
    }
    return reach.verdicts;
  }

  private void visit(int at, BpfInstruction i) {
    long[] registers = before[at].clone();
    long operand = BpfArithmetic.takesIndex(i.code()) ? registers[X] : i.k();
    if (i.code() == BpfInstruction.RETURN) {
      verdicts.add(Verdict.ofReturnValue(i.k()));
    } else if (i.code() == BpfInstruction.RETURN_A) {
      returned(registers[A]);
    } else if (i.code() == BpfInstruction.JUMP) {
      reach(at + 1 + i.k(), registers);
    } else if (BpfArithmetic.jumps(i.code())) {
      boolean known = registers[A] != UNKNOWN && operand != UNKNOWN;
      boolean holds = known && BpfArithmetic.holds(i.code(), (int) registers[A], (int) operand);
      if (!known || holds) {
        reach(at + 1 + i.jt(), registers);
      }
      if (!holds) {
        reach(at + 1 + i.jf(), registers);
      }
    } else {
      if (BpfArithmetic.calculates(i.code())) {
        calculate(i.code(), registers, operand);
      } else {
        move(i, registers);
      }
      reach(at + 1, registers);
    }
  }

  /** A value made from arguments: the strictest action stands for all. */
  private void returned(long value) {
    verdicts.add(
        value == UNKNOWN
            ? new Verdict(Action.KILL_PROCESS, 0)
            : Verdict.ofReturnValue((int) value));
  }

  private void calculate(int code, long[] registers, long operand) {
    if (operand == UNKNOWN || BpfArithmetic.fails(code, (int) operand)) {
      if (BpfArithmetic.fails(code, 0)) {
        verdicts.add(Verdict.KILL_THREAD);
      }
      registers[A] = UNKNOWN;
    } else if (registers[A] != UNKNOWN) {
      registers[A] = BpfArithmetic.result(code, (int) registers[A], (int) operand);
    }
  }

  private void move(BpfInstruction i, long[] registers) {
    switch (i.code()) {
      case BpfInstruction.LOAD_WORD -> registers[A] = words[i.k() / Integer.BYTES];
      case BpfInstruction.LOAD_IMMEDIATE -> registers[A] = i.k();
      case BpfInstruction.LOAD_X_IMMEDIATE -> registers[X] = i.k();
      case BpfInstruction.LOAD_LENGTH -> registers[A] = SeccompData.SIZE;
      case BpfInstruction.LOAD_X_LENGTH -> registers[X] = SeccompData.SIZE;
      case BpfInstruction.LOAD_SCRATCH -> registers[A] = registers[SCRATCH + i.k()];
      case BpfInstruction.LOAD_X_SCRATCH -> registers[X] = registers[SCRATCH + i.k()];
      case BpfInstruction.STORE_SCRATCH -> registers[SCRATCH + i.k()] = registers[A];
      case BpfInstruction.STORE_X_SCRATCH -> registers[SCRATCH + i.k()] = registers[X];
      case BpfInstruction.TO_X -> registers[X] = registers[A];
      case BpfInstruction.FROM_X -> registers[A] = registers[X];
      default -> throw new IllegalArgumentException("operation 0x" + Integer.toHexString(i.code()));
    }
  }

  private void reach(int target, long[] registers) {
    if (before[target].length == 0) {
      before[target] = registers.clone();
      return;
    }
    for (int r = 0; r < REGISTERS; r++) {
      if (before[target][r] != registers[r]) {
        before[target][r] = UNKNOWN;
      }
    }
  }
}
