import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Generates StepCode.java or opcodes.h from plan.abi: {@code java Generate.java java|c plan.abi OUT}. */
final class Generate {
  record Operand(String name, String type) {}

  record Step(int code, String name, char phase, List<Operand> operands, String note) {}

  public static void main(String[] args) throws IOException {
    if (args.length != 3) {
      throw new IllegalArgumentException("usage: Generate.java java|c PLAN_ABI OUT");
    }
    List<Step> steps = parse(Files.readAllLines(Path.of(args[1])));
    String text =
        switch (args[0]) {
          case "java" -> java(steps);
          case "c" -> header(steps);
          default -> throw new IllegalArgumentException("unknown language " + args[0]);
        };
    Path out = Path.of(args[2]);
    Files.createDirectories(out.toAbsolutePath().getParent());
    if (!Files.exists(out) || !Files.readString(out).equals(text)) {
      Files.writeString(out, text);
    }
  }

  static List<Step> parse(List<String> lines) {
    List<Step> steps = new ArrayList<>();
    for (String line : lines) {
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      String[] words = line.trim().split("\\s+");
      List<Operand> operands = new ArrayList<>();
      int at = 3;
      while (at < words.length && words[at].matches("[a-z_]+:(u64|i64|fd\\??|out|strs?|blob)")) {
        String[] halves = words[at++].split(":");
        operands.add(new Operand(halves[0], halves[1]));
      }
      String note = String.join(" ", List.of(words).subList(at, words.length));
      Step step = new Step(Integer.parseInt(words[0]), words[1], words[2].charAt(0), operands, note);
      if (steps.stream().anyMatch(s -> s.code() == step.code() || s.name().equals(step.name()))) {
        throw new IllegalArgumentException("step named or numbered twice: " + line);
      }
      steps.add(step);
    }
    return steps;
  }

  static String typeName(String type) {
    return type.replace("?", "_optional").toUpperCase(Locale.ROOT);
  }

  static String header(List<Step> steps) {
    StringBuilder out = new StringBuilder("/* Generated from plan.abi by Generate.java. */\n#pragma once\n\n#include \"plan_types.h\"\n\nenum step_code {\n");
    for (Step s : steps) {
      out.append("  STEP_").append(s.name()).append(" = ").append(s.code()).append(",\n");
    }
    out.append("};\n\n");
    for (Step s : steps) {
      if (s.operands().isEmpty()) {
        continue;
      }
      out.append("enum { ");
      out.append(
          s.operands().stream()
              .map(o -> s.name() + "_" + o.name().toUpperCase(Locale.ROOT))
              .collect(Collectors.joining(", ")));
      out.append(" };\n");
    }
    out.append("\nstatic const struct step_shape step_shapes[] = {\n");
    for (Step s : steps) {
      out.append("    {STEP_").append(s.name()).append(", '").append(s.phase()).append("', ").append(s.operands().size()).append(", {");
      out.append(s.operands().stream().map(o -> "OPERAND_" + typeName(o.type())).collect(Collectors.joining(", ")));
      out.append(s.operands().isEmpty() ? "0}, \"" : "}, \"").append(s.name()).append("\"},\n");
    }
    return out.append("};\n").toString();
  }

  static String java(List<Step> steps) {
    StringBuilder out = new StringBuilder();
    out.append("package dev.stockade.launcher.plan;\n\nimport java.util.List;\n\n");
    out.append("/** The step codes of the launch plan, generated from native/abi/plan.abi. */\n");
    out.append("public enum StepCode {\n");
    for (int i = 0; i < steps.size(); i++) {
      Step s = steps.get(i);
      if (!s.note().isEmpty()) {
        out.append("  /** ").append(escape(s.note())).append(". */\n");
      }
      out.append("  ").append(s.name()).append("(").append(s.code()).append(", Phase.").append(s.phase() == 'M' ? "MONITOR" : "CHILD");
      for (Operand o : s.operands()) {
        out.append(", new Operand(\"").append(o.name()).append("\", OperandType.").append(typeName(o.type())).append(")");
      }
      out.append(i + 1 < steps.size() ? "),\n" : ");\n\n");
    }
    out.append("  /** Who carries the step out. */\n  public enum Phase {\n    MONITOR,\n    CHILD\n  }\n\n");
    out.append("  /** How the operand's 64-bit word is read. */\n  public enum OperandType {\n    U64,\n    I64,\n    FD,\n    FD_OPTIONAL,\n    OUT,\n    STR,\n    STRS,\n    BLOB\n  }\n\n");
    out.append("  /** One operand of a step. */\n  public record Operand(String name, OperandType type) {}\n\n");
    out.append("  private final int code;\n  private final Phase phase;\n  private final List<Operand> operands;\n\n");
    out.append("  StepCode(int code, Phase phase, Operand... operands) {\n    this.code = code;\n    this.phase = phase;\n    this.operands = List.of(operands);\n  }\n\n");
    out.append("  /** The number on the wire. */\n  public int code() {\n    return code;\n  }\n\n");
    out.append("  /** Who carries the step out. */\n  public Phase phase() {\n    return phase;\n  }\n\n");
    out.append("  /** The operands in wire order. */\n  public List<Operand> operands() {\n    return operands;\n  }\n}\n");
    return out.toString();
  }

  static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
