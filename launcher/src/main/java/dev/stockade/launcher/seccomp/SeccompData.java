package dev.stockade.launcher.seccomp;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * A system call as a filter sees it, {@code struct seccomp_data} of linux/seccomp.h.
 *
 * @param number {@code nr}
 * @param auditArch {@code arch}
 * @param instructionPointer {@code instruction_pointer}
 * @param args the six arguments
 */
public record SeccompData(int number, int auditArch, long instructionPointer, List<Long> args) {
  static final int SIZE = 64;
  static final int NUMBER = 0;
  static final int AUDIT_ARCH = 4;
  private static final int INSTRUCTION_POINTER = 8;
  private static final int ARGS = 16;

  public SeccompData {
    args = List.copyOf(args);
    if (args.size() != Condition.ARGUMENTS) {
      throw new IllegalArgumentException(args.size() + " arguments instead of 6");
    }
  }

  /** A call with the given leading arguments, the others 0. */
  public static SeccompData of(Arch arch, int number, long... leading) {
    Long[] args = new Long[Condition.ARGUMENTS];
    for (int i = 0; i < args.length; i++) {
      args[i] = i < leading.length ? leading[i] : 0L;
    }
    return new SeccompData(number, arch.auditArch(), 0, List.of(args));
  }

  /** Where a little-endian machine keeps the lower word of an argument. */
  static int argumentLow(int index) {
    return ARGS + Long.BYTES * index;
  }

  static int argumentHigh(int index) {
    return argumentLow(index) + Integer.BYTES;
  }

  /** The sixteen 32-bit words a program can load. */
  int[] words() {
    ByteBuffer bytes = ByteBuffer.allocate(SIZE).order(ByteOrder.LITTLE_ENDIAN);
    bytes
        .putInt(NUMBER, number)
        .putInt(AUDIT_ARCH, auditArch)
        .putLong(INSTRUCTION_POINTER, instructionPointer);
    for (int i = 0; i < args.size(); i++) {
      bytes.putLong(argumentLow(i), args.get(i));
    }
    int[] words = new int[SIZE / Integer.BYTES];
    bytes.asIntBuffer().get(words);
    return words;
  }
}
