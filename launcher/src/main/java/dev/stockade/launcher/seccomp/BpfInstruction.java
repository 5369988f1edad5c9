package dev.stockade.launcher.seccomp;

/**
 * One classic BPF instruction, {@code struct sock_filter} of linux/filter.h.
 *
 * @param code the operation
 * @param jt instructions skipped when a comparison holds, 0 to 255
 * @param jf instructions skipped when it does not, 0 to 255
 * @param k the operand
 */
record BpfInstruction(int code, int jt, int jf, int k) {
  static final int SIZE = 8;

  static final int LOAD_WORD = 0x20;
  static final int LOAD_IMMEDIATE = 0x00;
  static final int LOAD_X_IMMEDIATE = 0x01;
  static final int LOAD_SCRATCH = 0x60;
  static final int LOAD_X_SCRATCH = 0x61;
  static final int LOAD_LENGTH = 0x80;
  static final int LOAD_X_LENGTH = 0x81;
  static final int STORE_SCRATCH = 0x02;
  static final int STORE_X_SCRATCH = 0x03;
  static final int AND = 0x54;
  static final int NEGATE = 0x84;
  static final int TO_X = 0x07;
  static final int FROM_X = 0x87;
  static final int JUMP = 0x05;
  static final int JUMP_EQ = 0x15;
  static final int JUMP_GT = 0x25;
  static final int JUMP_GE = 0x35;
  static final int JUMP_SET = 0x45;
  static final int RETURN = 0x06;
  static final int RETURN_A = 0x16;

  /** The bit of ALU and conditional jump codes that takes X as the operand instead of {@code k}. */
  static final int OPERAND_X = 0x08;

  static BpfInstruction of(int code, int k) {
    return new BpfInstruction(code, 0, 0, k);
  }
}
