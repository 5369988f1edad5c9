package dev.stockade.launcher.plan;

import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Which record stands for which code, and the way from a record to its components and back. */
final class StepCatalogue {
  /** A record of the catalogue: its constructor and the accessors of its components, in order. */
  record Entry(
      StepCode code,
      Class<? extends Step> type,
      Constructor<?> constructor,
      List<Method> accessors) {
    Class<?> componentType(int index) {
      return constructor.getParameterTypes()[index];
    }

    boolean tolerates() {
      int last = accessors.size() - 1;
      return last >= 0 && componentType(last) == Tolerance.class;
    }

    List<Object> components(Step step) {
      List<Object> values = new ArrayList<>(accessors.size());
      for (int i = 0; i < accessors.size(); i++) {
        values.add(component(step, i));
      }
      return values;
    }

    Object component(Step step, int index) {
      try {
        return accessors.get(index).invoke(step);
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException("components of " + type, e);
      }
    }

    Step make(Object[] components) {
      try {
        return (Step) constructor.newInstance(components);
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException("cannot make " + type, e);
      }
    }
  }

  private static final Map<Class<?>, Entry> BY_TYPE = new HashMap<>();
  private static final Map<StepCode, Entry> BY_CODE = new EnumMap<>(StepCode.class);
  private static final Map<Integer, StepCode> BY_NUMBER = new HashMap<>();

  static {
    for (Class<?> group : Step.class.getPermittedSubclasses()) {
      for (Class<?> type : group.getPermittedSubclasses()) {
        enter(type.asSubclass(Step.class));
      }
    }
    for (StepCode code : StepCode.values()) {
      BY_NUMBER.put(code.code(), code);
      if (!BY_CODE.containsKey(code)) {
        throw new IllegalStateException("no record stands for the step " + code);
      }
    }
  }

  private StepCatalogue() {}

  private static void enter(Class<? extends Step> type) {
    RecordComponent[] components = type.getRecordComponents();
    Class<?>[] types =
        Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    List<Method> accessors = Arrays.stream(components).map(RecordComponent::getAccessor).toList();
    StepCode code =
        StepCode.valueOf(
            type.getSimpleName().replaceAll("(?<!^)([A-Z])", "_$1").toUpperCase(Locale.ROOT));
    try {
      Entry entry = new Entry(code, type, type.getDeclaredConstructor(types), accessors);
      BY_TYPE.put(type, entry);
      BY_CODE.put(code, entry);
    } catch (NoSuchMethodException e) {
      throw new IllegalStateException("a record without its constructor: " + type, e);
    }
  }

  static StepCode codeOf(Class<?> type) {
    return entry(type).code();
  }

  static Entry entry(Class<?> type) {
    Entry entry = BY_TYPE.get(type);
    if (entry == null) {
      throw new IllegalArgumentException(type + " is no step");
    }
    return entry;
  }

  static Entry entry(StepCode code) {
    Entry entry = BY_CODE.get(code);
    if (entry == null) {
      throw new IllegalArgumentException("no record stands for " + code);
    }
    return entry;
  }

  /** The slots that a step fills. */
  static List<Slot> slotsMade(Step step) {
    return slots(step, StepCode.OperandType.OUT);
  }

  /** The slots that a step needs filled. */
  static List<Slot> slotsUsed(Step step) {
    List<Slot> used = new ArrayList<>(slots(step, StepCode.OperandType.FD));
    used.addAll(slots(step, StepCode.OperandType.FD_OPTIONAL));
    return used;
  }

  private static List<Slot> slots(Step step, StepCode.OperandType type) {
    Entry entry = entry(step.getClass());
    List<StepCode.Operand> operands = entry.code().operands();
    List<Slot> slots = new ArrayList<>();
    for (int i = 0; i < operands.size(); i++) {
      if (operands.get(i).type() == type) {
        Object value = entry.component(step, i);
        if (value instanceof Slot slot) {
          slots.add(slot);
        } else if (value instanceof Optional<?> optional) {
          optional.ifPresent(slot -> slots.add((Slot) slot));
        }
      }
    }
    return slots;
  }

  /** The code with this number, or null. */
  static @Nullable StepCode codeOf(int number) {
    return BY_NUMBER.get(number);
  }
}
