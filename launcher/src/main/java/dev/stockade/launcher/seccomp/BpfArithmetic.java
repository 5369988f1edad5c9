package dev.stockade.launcher.seccomp;

/**
 * The comparisons and calculations of classic BPF on unsigned 32-bit words, as {@code
 * ___bpf_prog_run} does them.
 */
final class BpfArithmetic {
  private static final int CLASS = 0x07;
  private static final int CLASS_ALU = 0x04;
  private static final int CLASS_JUMP = 0x05;
  private static final int OPERATION = 0xf0;
  private static final int DIVIDE = 0x30;

  private BpfArithmetic() {}

  static boolean jumps(int code) {
    return (code & CLASS) == CLASS_JUMP;
  }

  static boolean calculates(int code) {
    return (code & CLASS) == CLASS_ALU;
  }

  /** Whether the operand is the index register. */
  static boolean takesIndex(int code) {
    return (code & BpfInstruction.OPERAND_X) != 0;
  }

  /** Whether a calculation is a division by 0, which ends the program with 0. */
  static boolean fails(int code, int operand) {
    return (code & OPERATION) == DIVIDE && operand == 0;
  }

  static boolean holds(int code, int a, int operand) {
    return switch (code & ~BpfInstruction.OPERAND_X) {
      case BpfInstruction.JUMP_EQ -> a == operand;
      case BpfInstruction.JUMP_GT -> Integer.compareUnsigned(a, operand) > 0;
      case BpfInstruction.JUMP_GE -> Integer.compareUnsigned(a, operand) >= 0;
      default -> (a & operand) != 0;
    };
  }

  /** Shifts take their distance modulo 32, as the machines do. */
  static int result(int code, int a, int operand) {
    return switch (code & OPERATION) {
      case 0x00 -> a + operand;
      case 0x10 -> a - operand;
      case 0x20 -> a * operand;
      case DIVIDE -> Integer.divideUnsigned(a, operand);
      case 0x40 -> a | operand;
      case 0x50 -> a & operand;
      case 0x60 -> a << operand;
      case 0x70 -> a >>> operand;
      case 0x80 -> -a;
      default -> a ^ operand;
    };
  }
}
