package dev.stockade.launcher.plan;

import dev.stockade.launcher.caps.CapabilitySet;
import dev.stockade.launcher.seccomp.BpfProgram;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Writes a plan as bytes, native/src/plan.h. Equal plans give equal bytes. */
public final class PlanEncoder {
  private final ByteArrayOutputStream table = new ByteArrayOutputStream();
  private final Map<String, Long> strings = new HashMap<>();

  private PlanEncoder() {}

  /**
   * The bytes of a plan.
   *
   * @throws IllegalArgumentException if it has more steps, slots or bytes than a plan may have, or
   *     a string has a NUL in it
   */
  public static byte[] encode(LaunchPlan plan) {
    return encode(plan.sequence());
  }

  /** As {@link #encode(LaunchPlan)}. */
  public static byte[] encode(StepSequence plan) {
    return new PlanEncoder().write(plan);
  }

  /** How many bytes a plan has, be it too long or not. */
  static int length(StepSequence plan) {
    PlanEncoder encoder = new PlanEncoder();
    return PlanFormat.HEADER + encoder.steps(plan).length + encoder.table.size();
  }

  private byte[] steps(StepSequence plan) {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    plan.monitor().forEach(step -> body.writeBytes(step(step)));
    plan.child().forEach(step -> body.writeBytes(step(step)));
    return body.toByteArray();
  }

  private byte[] write(StepSequence plan) {
    int count = plan.monitor().size() + plan.child().size();
    if (count > PlanFormat.STEPS_MAX || plan.slotsTotal() > PlanFormat.SLOTS_MAX) {
      throw new IllegalArgumentException(
          count + " steps and " + plan.slotsTotal() + " descriptors are more than a plan can have");
    }
    byte[] steps = steps(plan);
    int tableOffset = PlanFormat.HEADER + steps.length;
    int total = tableOffset + table.size();
    if (total > PlanFormat.LENGTH_MAX) {
      throw new IllegalArgumentException(
          "a plan of " + total + " bytes is over " + PlanFormat.LENGTH_MAX);
    }
    ByteBuffer out = ByteBuffer.allocate(total).order(ByteOrder.LITTLE_ENDIAN);
    out.putInt(PlanFormat.MAGIC).putShort((short) PlanFormat.ABI).putShort((short) 0);
    out.putInt(total).putInt(tableOffset);
    out.putShort((short) plan.monitor().size()).putShort((short) plan.child().size());
    out.putShort((short) plan.slotsSupplied()).putShort((short) plan.slotsTotal());
    out.put(BuildId.bytes()).put(steps).put(table.toByteArray());
    return out.array();
  }

  private byte[] step(Step step) {
    StepCatalogue.Entry entry = StepCatalogue.entry(step.getClass());
    List<Object> components = entry.components(step);
    int operands = entry.code().operands().size();
    int length = PlanFormat.STEP_HEADER + operands * PlanFormat.WORD;
    ByteBuffer out = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    int tolerate = entry.tolerates() ? ((Tolerance) components.get(operands)).errno() : 0;
    out.putShort((short) entry.code().code()).putShort((short) tolerate).putInt(length);
    for (int i = 0; i < operands; i++) {
      out.putLong(word(entry.code().operands().get(i).type(), components.get(i)));
    }
    return out.array();
  }

  private long word(StepCode.OperandType type, Object value) {
    return switch (type) {
      case FD, OUT -> ((Slot) value).index();
      case FD_OPTIONAL ->
          ((Optional<?>) value).map(s -> (long) ((Slot) s).index()).orElse(PlanFormat.SLOT_NONE);
      case STR -> string((String) value);
      case STRS -> strings((List<?>) value);
      case BLOB ->
          value instanceof BpfProgram program ? blob(program.bytes()) : ids((List<?>) value);
      case U64, I64 -> value instanceof CapabilitySet set ? set.mask() : (Long) value;
    };
  }

  private long string(String value) {
    Long known = strings.get(value);
    if (known != null) {
      return known;
    }
    byte[] bytes = utf8(value);
    long word = word(append(bytes), bytes.length);
    table.write(0);
    strings.put(value, word);
    return word;
  }

  private long strings(List<?> values) {
    int offset = table.size();
    for (Object value : values) {
      append(utf8((String) value));
      table.write(0);
    }
    return word(offset, values.size());
  }

  private long ids(List<?> ids) {
    ByteBuffer bytes =
        ByteBuffer.allocate(ids.size() * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    ids.forEach(id -> bytes.putInt((int) (long) (Long) id));
    return blob(bytes.array());
  }

  private long blob(byte[] bytes) {
    while (table.size() % PlanFormat.WORD != 0) {
      table.write(0);
    }
    return word(append(bytes), bytes.length);
  }

  private int append(byte[] bytes) {
    int offset = table.size();
    table.writeBytes(bytes);
    return offset;
  }

  private static long word(int offset, int length) {
    return (long) offset << Integer.SIZE | length;
  }

  private static byte[] utf8(String value) {
    if (value.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("a string of a plan cannot have a NUL in it");
    }
    return value.getBytes(StandardCharsets.UTF_8);
  }
}
