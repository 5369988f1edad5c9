package dev.stockade.launcher.plan;

import dev.stockade.launcher.caps.CapabilitySet;
import dev.stockade.launcher.plan.StepCode.Operand;
import dev.stockade.launcher.plan.StepCode.Phase;
import dev.stockade.launcher.seccomp.BpfProgram;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Reads the bytes of a plan, native/src/plan.h: strictly, with no more trust than warden has. */
public final class PlanDecoder {
  private final ByteBuffer bytes;
  private final int tableOffset;
  private final PlanTable table;
  private int at = PlanFormat.HEADER;

  private PlanDecoder(ByteBuffer bytes, int tableOffset) {
    this.bytes = bytes;
    this.tableOffset = tableOffset;
    this.table = new PlanTable(bytes, tableOffset);
  }

  /**
   * The steps of a plan.
   *
   * @throws PlanFormatException if the bytes are none, or of another build. Whether the steps keep
   *     the laws is {@link PlanChecker}'s to say
   */
  public static StepSequence decode(byte[] plan) throws PlanFormatException {
    ByteBuffer bytes = ByteBuffer.wrap(plan).order(ByteOrder.LITTLE_ENDIAN);
    if (plan.length < PlanFormat.HEADER || plan.length > PlanFormat.LENGTH_MAX) {
      throw new PlanFormatException(0, "a length of " + plan.length + " bytes");
    }
    checkHeader(bytes, plan);
    int table = bytes.getInt(PlanFormat.TABLE_OFFSET);
    if (table < PlanFormat.HEADER || table > plan.length || table % PlanFormat.WORD != 0) {
      throw new PlanFormatException(
          PlanFormat.TABLE_OFFSET, "a table out of bounds or not aligned");
    }
    return new PlanDecoder(bytes, table).read();
  }

  private static void checkHeader(ByteBuffer bytes, byte[] plan) throws PlanFormatException {
    if (bytes.getInt(0) != PlanFormat.MAGIC) {
      throw new PlanFormatException(0, "another magic number");
    }
    if (bytes.getShort(PlanFormat.ABI_OFFSET) != PlanFormat.ABI
        || bytes.getShort(PlanFormat.ABI_OFFSET + Short.BYTES) != 0) {
      throw new PlanFormatException(PlanFormat.ABI_OFFSET, "another plan ABI");
    }
    if (bytes.getInt(PlanFormat.LENGTH_OFFSET) != plan.length) {
      throw new PlanFormatException(PlanFormat.LENGTH_OFFSET, "another length than the header's");
    }
    byte[] build = Arrays.copyOfRange(plan, PlanFormat.BUILD_OFFSET, PlanFormat.HEADER);
    if (!Arrays.equals(build, BuildId.bytes())) {
      throw new PlanFormatException(PlanFormat.BUILD_OFFSET, "a plan of another build");
    }
  }

  private StepSequence read() throws PlanFormatException {
    int monitor = unsigned(PlanFormat.COUNTS_OFFSET);
    int child = unsigned(PlanFormat.COUNTS_OFFSET + Short.BYTES);
    int supplied = unsigned(PlanFormat.COUNTS_OFFSET + 2 * Short.BYTES);
    int total = unsigned(PlanFormat.COUNTS_OFFSET + 3 * Short.BYTES);
    if (monitor + child > PlanFormat.STEPS_MAX
        || total > PlanFormat.SLOTS_MAX
        || supplied > total) {
      throw new PlanFormatException(PlanFormat.COUNTS_OFFSET, "counts out of bounds");
    }
    List<Step> monitorSteps = steps(monitor, Phase.MONITOR);
    List<Step> childSteps = steps(child, Phase.CHILD);
    if (at != tableOffset) {
      throw new PlanFormatException(at, "bytes between the steps and the table");
    }
    return new StepSequence(monitorSteps, childSteps, supplied, total);
  }

  private int unsigned(int offset) {
    return Short.toUnsignedInt(bytes.getShort(offset));
  }

  private List<Step> steps(int count, Phase phase) throws PlanFormatException {
    List<Step> steps = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      steps.add(step(phase));
    }
    return steps;
  }

  private Step step(Phase phase) throws PlanFormatException {
    int start = at;
    if (tableOffset - start < PlanFormat.STEP_HEADER) {
      throw new PlanFormatException(start, "a step that reaches into the table");
    }
    StepCode code = StepCatalogue.codeOf(unsigned(start));
    if (code == null || code.phase() != phase) {
      throw new PlanFormatException(start, "an unknown step, or one of the other phase");
    }
    int length = PlanFormat.STEP_HEADER + code.operands().size() * PlanFormat.WORD;
    if (bytes.getInt(start + Integer.BYTES) != length || tableOffset - start < length) {
      throw new PlanFormatException(start, code + " of another length than its operands");
    }
    at = start + length;
    return make(code, start);
  }

  private Step make(StepCode code, int start) throws PlanFormatException {
    StepCatalogue.Entry entry = StepCatalogue.entry(code);
    int operands = code.operands().size();
    int tolerate = unsigned(start + Short.BYTES);
    if (tolerate != 0 && !entry.tolerates()) {
      throw new PlanFormatException(start, code + " that tolerates an error");
    }
    Object[] components = new Object[entry.accessors().size()];
    for (int i = 0; i < operands; i++) {
      int offset = start + PlanFormat.STEP_HEADER + i * PlanFormat.WORD;
      components[i] =
          component(code.operands().get(i), entry.componentType(i), bytes.getLong(offset), offset);
    }
    if (entry.tolerates()) {
      components[operands] = new Tolerance(tolerate);
    }
    return entry.make(components);
  }

  private Object component(Operand operand, Class<?> type, long word, int offset)
      throws PlanFormatException {
    return switch (operand.type()) {
      case U64, I64 -> type == CapabilitySet.class ? new CapabilitySet(word) : (Object) word;
      case FD, OUT -> slot(word, offset);
      case FD_OPTIONAL ->
          word == PlanFormat.SLOT_NONE ? Optional.empty() : Optional.of(slot(word, offset));
      case STR -> table.string(word, offset);
      case STRS -> table.strings(word, offset);
      case BLOB -> type == BpfProgram.class ? table.program(word, offset) : table.ids(word, offset);
    };
  }

  private static Slot slot(long word, int offset) throws PlanFormatException {
    if (word < 0 || word >= PlanFormat.SLOTS_MAX) {
      throw new PlanFormatException(offset, "a slot out of range");
    }
    return new Slot((int) word);
  }
}
