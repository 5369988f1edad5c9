package dev.stockade.launcher.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;

/**
 * Device rules as eBPF. The last rule that covers an access decides, so the program tests them from
 * the last to the first; an allowing rule must cover every kind of access asked for, a denying one
 * any of them. Nothing covers: denied.
 */
final class DeviceAssembler {
  private static final int LOAD_WORD = 0x61; // BPF_LDX | BPF_MEM | BPF_W
  private static final int MOVE = 0xbf; // BPF_ALU64 | BPF_MOV | BPF_X
  private static final int MOVE_NUMBER = 0xb7; // BPF_ALU64 | BPF_MOV | BPF_K
  private static final int AND_NUMBER = 0x54; // BPF_ALU | BPF_AND | BPF_K
  private static final int SHIFT_RIGHT = 0x74; // BPF_ALU | BPF_RSH | BPF_K
  private static final int JUMP_NOT_EQUAL = 0x56; // BPF_JMP32 | BPF_JNE | BPF_K
  private static final int JUMP_NOT_EQUAL_REGISTER = 0x5e; // BPF_JMP32 | BPF_JNE | BPF_X
  private static final int JUMP_EQUAL = 0x16; // BPF_JMP32 | BPF_JEQ | BPF_K
  private static final int EXIT = 0x95;

  private static final int RESULT = 0;
  private static final int CONTEXT = 1;
  private static final int TYPE = 2;
  private static final int ACCESS = 3;
  private static final int MAJOR = 4;
  private static final int MINOR = 5;
  private static final int WORK = 6;

  private static final int TYPE_BLOCK = 1;
  private static final int TYPE_CHARACTER = 2;

  private final ByteBuffer code;

  private DeviceAssembler(int rules) {
    code = ByteBuffer.allocate(8 * (8 + 8 * rules)).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** struct bpf_insn, 8 bytes each. */
  static byte[] assemble(List<DeviceRule> rules) {
    DeviceAssembler assembler = new DeviceAssembler(rules.size());
    assembler.load();
    boolean otherwise = false;
    for (int i = rules.size() - 1; i >= 0; i--) {
      DeviceRule rule = rules.get(i);
      if (rule.coversEverything()) {
        // The kernel's verifier refuses code that nothing reaches: earlier rules end here.
        otherwise = rule.allow();
        break;
      }
      assembler.rule(rule);
    }
    assembler.verdict(otherwise);
    byte[] program = new byte[assembler.code.position()];
    assembler.code.flip().get(program);
    return program;
  }

  private void put(int operation, int target, int source, int offset, int number) {
    code.put((byte) operation)
        .put((byte) (target | source << 4))
        .putShort((short) offset)
        .putInt(number);
  }

  /** struct bpf_cgroup_dev_ctx: access type (kind of access in the upper half), major, minor. */
  private void load() {
    put(LOAD_WORD, TYPE, CONTEXT, 0, 0);
    put(LOAD_WORD, MAJOR, CONTEXT, 4, 0);
    put(LOAD_WORD, MINOR, CONTEXT, 8, 0);
    put(MOVE, ACCESS, TYPE, 0, 0);
    put(SHIFT_RIGHT, ACCESS, 0, 0, 16);
    put(AND_NUMBER, TYPE, 0, 0, 0xffff);
  }

  private void verdict(boolean allow) {
    put(MOVE_NUMBER, RESULT, 0, 0, allow ? 1 : 0);
    put(EXIT, 0, 0, 0, 0);
  }

  private void rule(DeviceRule rule) {
    boolean anyAccess = rule.access() == DeviceRule.ACCESS_ALL;
    int tests =
        count(rule.type()) + count(rule.major()) + count(rule.minor()) + (anyAccess ? 0 : 3);
    int left = tests;
    if (rule.type().isPresent()) {
      boolean block = rule.type().get() == FileKind.BLOCK_DEVICE;
      skipUnless(TYPE, block ? TYPE_BLOCK : TYPE_CHARACTER, left--);
    }
    if (rule.major().isPresent()) {
      skipUnless(MAJOR, rule.major().get(), left--);
    }
    if (rule.minor().isPresent()) {
      skipUnless(MINOR, rule.minor().get(), left--);
    }
    if (!anyAccess) {
      put(MOVE, WORK, ACCESS, 0, 0);
      put(AND_NUMBER, WORK, 0, 0, rule.access());
      if (rule.allow()) {
        put(JUMP_NOT_EQUAL_REGISTER, WORK, ACCESS, 2, 0);
      } else {
        put(JUMP_EQUAL, WORK, 0, 2, 0);
      }
    }
    verdict(rule.allow());
  }

  private static int count(Optional<?> condition) {
    return condition.isPresent() ? 1 : 0;
  }

  /** Jumps over the remaining tests, this one excluded, and the two instructions of the verdict. */
  private void skipUnless(int register, int value, int testsLeft) {
    put(JUMP_NOT_EQUAL, register, 0, testsLeft - 1 + 2, value);
  }
}
