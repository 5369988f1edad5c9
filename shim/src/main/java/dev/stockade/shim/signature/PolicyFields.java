package dev.stockade.shim.signature;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.shim.image.Quoted;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Reads fields of a policy and keeps what is wrong with them, by their places. */
final class PolicyFields {
  private final List<String> problems = new ArrayList<>();

  void problem(String at, String what) {
    problems.add(at + " " + what);
  }

  List<String> problems() {
    return problems;
  }

  /** Whether it is an object with all that it needs and nothing that is not known. */
  boolean object(String at, JsonNode node, Set<String> needed, Set<String> possible) {
    if (!node.isObject()) {
      problem(at, "is not an object");
      return false;
    }
    boolean sound = true;
    for (String name : new TreeSet<>(needed)) {
      if (node.path(name).isMissingNode()) {
        problem(at, "has no " + name);
        sound = false;
      }
    }
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      if (!needed.contains(field.getKey()) && !possible.contains(field.getKey())) {
        problem(at + "." + Quoted.of(field.getKey()), "is not known");
        sound = false;
      }
    }
    return sound;
  }

  String text(String at, JsonNode node) {
    if (!node.isTextual() || node.textValue().isEmpty()) {
      problem(at, "is not a text");
      return "";
    }
    return node.textValue();
  }

  List<String> texts(String at, JsonNode node, int most) {
    List<String> texts = new ArrayList<>();
    if (!node.isArray() || node.isEmpty() || node.size() > most) {
      problem(at, "is not a list of 1 to " + most + " texts");
      return texts;
    }
    for (int i = 0; i < node.size(); i++) {
      texts.add(text(at + "[" + i + "]", node.get(i)));
    }
    return texts;
  }
}
