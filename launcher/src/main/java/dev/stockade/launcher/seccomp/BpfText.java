package dev.stockade.launcher.seccomp;

import java.util.HashMap;
import java.util.Map;

/**
 * A program as text, one line an instruction, with names for what seccomp programs load and return.
 */
public final class BpfText {
  private static final Map<Integer, String> OPERATIONS = operations();

  private BpfText() {}

  /** For example {@code 0003: jge #41 -> 0004 else 0009}. Lines end with a newline. */
  public static String render(BpfProgram program) {
    StringBuilder text = new StringBuilder();
    for (int at = 0; at < program.length(); at++) {
      text.append(place(at)).append(": ").append(render(at, program.instruction(at))).append('\n');
    }
    return text.toString();
  }

  private static String render(int at, BpfInstruction i) {
    String operand = BpfArithmetic.takesIndex(i.code()) ? "x" : number(i.k());
    if (i.code() == BpfInstruction.LOAD_WORD) {
      return "ld " + word(i.k());
    }
    if (i.code() == BpfInstruction.RETURN) {
      return "ret " + Verdict.ofReturnValue(i.k());
    }
    if (i.code() == BpfInstruction.JUMP) {
      return "ja " + place(at + 1 + i.k());
    }
    String name = OPERATIONS.get(i.code() & ~BpfInstruction.OPERAND_X);
    if (BpfArithmetic.jumps(i.code()) && name != null) {
      return name
          + " "
          + operand
          + " -> "
          + place(at + 1 + i.jt())
          + " else "
          + place(at + 1 + i.jf());
    }
    if (BpfArithmetic.calculates(i.code()) && name != null) {
      return name + " " + operand;
    }
    String other = OPERATIONS.get(i.code());
    return other == null
        ? "unknown 0x" + Integer.toHexString(i.code())
        : other + " " + number(i.k());
  }

  private static String word(int offset) {
    if (offset == SeccompData.NUMBER) {
      return "nr";
    }
    if (offset == SeccompData.AUDIT_ARCH) {
      return "arch";
    }
    for (int i = 0; i < Condition.ARGUMENTS; i++) {
      if (offset == SeccompData.argumentLow(i)) {
        return "arg" + i + ".low";
      }
      if (offset == SeccompData.argumentHigh(i)) {
        return "arg" + i + ".high";
      }
    }
    return "[" + Integer.toUnsignedString(offset) + "]";
  }

  private static String number(int k) {
    boolean small = k >= 0 && k < 0x10000;
    return small ? "#" + k : "#0x" + Integer.toHexString(k);
  }

  private static String place(int at) {
    return String.format("%04d", at);
  }

  private static Map<Integer, String> operations() {
    Map<Integer, String> names = new HashMap<>();
    names.put(BpfInstruction.JUMP_EQ, "jeq");
    names.put(BpfInstruction.JUMP_GT, "jgt");
    names.put(BpfInstruction.JUMP_GE, "jge");
    names.put(BpfInstruction.JUMP_SET, "jset");
    String[] calculations = {
      "add", "sub", "mul", "div", "or", "and", "lsh", "rsh", "neg", "mod", "xor"
    };
    for (int i = 0; i < calculations.length; i++) {
      names.put(i << 4 | 0x04, calculations[i]);
    }
    names.put(BpfInstruction.LOAD_IMMEDIATE, "ldi");
    names.put(BpfInstruction.LOAD_X_IMMEDIATE, "ldxi");
    names.put(BpfInstruction.LOAD_LENGTH, "ldlen");
    names.put(BpfInstruction.LOAD_X_LENGTH, "ldxlen");
    names.put(BpfInstruction.LOAD_SCRATCH, "ldm");
    names.put(BpfInstruction.LOAD_X_SCRATCH, "ldxm");
    names.put(BpfInstruction.STORE_SCRATCH, "st");
    names.put(BpfInstruction.STORE_X_SCRATCH, "stx");
    names.put(BpfInstruction.TO_X, "tax");
    names.put(BpfInstruction.FROM_X, "txa");
    names.put(BpfInstruction.RETURN_A, "ret a");
    return Map.copyOf(names);
  }
}
