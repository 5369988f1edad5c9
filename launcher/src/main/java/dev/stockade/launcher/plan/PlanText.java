package dev.stockade.launcher.plan;

import dev.stockade.launcher.plan.StepCode.Operand;
import dev.stockade.launcher.plan.StepCode.OperandType;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A plan for people: one line per descriptor and step. Of the environment only the names are shown.
 */
public final class PlanText {
  private PlanText() {}

  /** The plan's text; it holds no secrets. */
  public static String render(LaunchPlan plan) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < plan.slots().size(); i++) {
      out.append(
          String.format(Locale.ROOT, "slot    %3d  %s%n", i, SourceText.of(plan.slots().get(i))));
    }
    return out.append(render(plan.sequence())).toString();
  }

  /** The text of the steps. */
  public static String render(StepSequence plan) {
    StringBuilder out = new StringBuilder();
    append(out, "monitor", plan.monitor());
    append(out, "child", plan.child());
    return out.toString().replace(System.lineSeparator(), "\n");
  }

  private static void append(StringBuilder out, String phase, List<Step> steps) {
    for (int i = 0; i < steps.size(); i++) {
      out.append(String.format(Locale.ROOT, "%-7s %3d  %s%n", phase, i, render(steps.get(i))));
    }
  }

  /** One step: its code and its operands by name. */
  static String render(Step step) {
    StepCatalogue.Entry entry = StepCatalogue.entry(step.getClass());
    List<Object> components = entry.components(step);
    List<String> words = new ArrayList<>();
    words.add(entry.code().name());
    List<Operand> operands = entry.code().operands();
    for (int i = 0; i < operands.size(); i++) {
      words.add(
          operands.get(i).name() + "=" + value(entry.code(), operands.get(i), components.get(i)));
    }
    if (entry.tolerates() && !components.get(operands.size()).equals(Tolerance.NONE)) {
      words.add("tolerates=" + ((Tolerance) components.get(operands.size())).errno());
    }
    return String.join(" ", words);
  }

  private static String value(StepCode code, Operand operand, Object value) {
    if (operand.name().equals("env") && value instanceof List<?> env) {
      return env.stream().map(e -> name((String) e)).toList().toString();
    }
    if (operand.type() == OperandType.OUT) {
      return "->" + value;
    }
    if (value instanceof Optional<?> optional) {
      return optional.map(Object::toString).orElse("none");
    }
    if (value instanceof Long number) {
      return NumberText.of(code, operand.name(), number);
    }
    if (value instanceof List<?> list) {
      return list.stream()
          .map(e -> e instanceof String s ? quoted(s) : e.toString())
          .toList()
          .toString();
    }
    return value instanceof String text ? quoted(text) : value.toString();
  }

  private static String name(String variable) {
    int equals = variable.indexOf('=');
    return quoted(equals < 0 ? "?" : variable.substring(0, equals));
  }

  /** As it is if that is unmistakable, else in quotes and without control characters. */
  static String quoted(String text) {
    boolean plain =
        !text.isEmpty()
            && text.chars().allMatch(c -> c > ' ' && c < 0x7f && "\"\\[],".indexOf(c) < 0);
    if (plain) {
      return text;
    }
    return '"' + printable(text.replace("\\", "\\\\").replace("\"", "\\\"")) + '"';
  }

  /**
   * Without control characters, which could play with a terminal, and without those that change the
   * writing direction.
   */
  static String printable(String text) {
    StringBuilder out = new StringBuilder();
    text.chars()
        .forEach(
            c -> {
              if (c == '\n') {
                out.append("\\n");
              } else if (Character.isISOControl(c) || Character.getType(c) == Character.FORMAT) {
                out.append(String.format(Locale.ROOT, "\\u%04x", c));
              } else {
                out.append((char) c);
              }
            });
    return out.toString();
  }
}
