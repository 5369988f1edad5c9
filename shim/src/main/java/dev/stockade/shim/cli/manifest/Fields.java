package dev.stockade.shim.cli.manifest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * One object of a manifest, read field by field with exact types. A field that nobody asked for is
 * a problem once {@link #end} is called. A field that is null counts as absent, as in the API.
 */
final class Fields {
  private static final int MOST_ITEMS = 1000;

  private final String path;
  private final JsonNode node;
  private final Findings findings;
  private final Set<String> known = new HashSet<>();

  private Fields(String path, JsonNode node, Findings findings) {
    this.path = path;
    this.node = node;
    this.findings = findings;
  }

  /** The document's outermost object. */
  static Fields root(JsonNode node, Findings findings) {
    return of("", node, findings);
  }

  private static Fields of(String path, JsonNode node, Findings findings) {
    if (node.isObject()) {
      return new Fields(path, node, findings);
    }
    findings.problem(path.isEmpty() ? "manifest" : path, "has to be an object");
    return new Fields(path, JsonNodeFactory.instance.objectNode(), findings);
  }

  String path() {
    return path;
  }

  /** The path of a field of this object. */
  String path(String name) {
    return path.isEmpty() ? name : path + "." + name;
  }

  void problem(String name, String text) {
    findings.problem(path(name), text);
  }

  void notice(String name, String text) {
    findings.notice(path(name), text);
  }

  Optional<String> text(String name) {
    Optional<JsonNode> value = value(name);
    if (value.isPresent() && !value.get().isTextual()) {
      problem(name, "has to be text; put quotes around it");
      return Optional.empty();
    }
    return value.map(JsonNode::textValue);
  }

  /** Text that has to be there and not empty; "" with a problem if it is not. */
  String requiredText(String name) {
    boolean given = value(name).isPresent();
    String text = text(name).orElse("");
    if (!given || (text.isEmpty() && value(name).filter(JsonNode::isTextual).isPresent())) {
      problem(name, "is required");
    }
    return text;
  }

  boolean flag(String name, boolean absent) {
    return flag(name).orElse(absent);
  }

  Optional<Boolean> flag(String name) {
    Optional<JsonNode> value = value(name);
    if (value.isPresent() && !value.get().isBoolean()) {
      problem(name, "has to be true or false");
      return Optional.empty();
    }
    return value.map(JsonNode::booleanValue);
  }

  /** A whole number from {@code least} to {@code most}. */
  OptionalLong number(String name, long least, long most) {
    return value(name).map(n -> number(path(name), n, least, most)).orElse(OptionalLong.empty());
  }

  private OptionalLong number(String at, JsonNode value, long least, long most) {
    boolean fits =
        value.isIntegralNumber()
            && value.canConvertToLong()
            && value.longValue() >= least
            && value.longValue() <= most;
    if (!fits) {
      findings.problem(at, "has to be a whole number from " + least + " to " + most);
      return OptionalLong.empty();
    }
    return OptionalLong.of(value.longValue());
  }

  /** One of a few words. */
  <T> Optional<T> choice(String name, Map<String, T> choices) {
    Optional<String> word = text(name);
    if (word.isPresent() && !choices.containsKey(word.get())) {
      problem(
          name, "has to be one of " + listed(choices.keySet()) + ", not \"" + word.get() + "\"");
      return Optional.empty();
    }
    return word.map(choices::get);
  }

  Optional<Fields> object(String name) {
    return value(name).map(value -> of(path(name), value, findings));
  }

  /** Reads an object, if it is there, and holds it to the fields the reader asked for. */
  void ifObject(String name, Consumer<Fields> reader) {
    object(name)
        .ifPresent(
            fields -> {
              reader.accept(fields);
              fields.end();
            });
  }

  /** Reads each object of a list and holds it to the fields the reader asked for. */
  void each(String name, Consumer<Fields> reader) {
    int index = 0;
    for (JsonNode item : items(name)) {
      Fields fields = of(path(name) + "[" + index++ + "]", item, findings);
      reader.accept(fields);
      fields.end();
    }
  }

  List<String> texts(String name) {
    List<String> texts = new ArrayList<>();
    int index = 0;
    for (JsonNode item : items(name)) {
      if (item.isTextual()) {
        texts.add(item.textValue());
      } else {
        problem(name + "[" + index + "]", "has to be text; put quotes around it");
      }
      index++;
    }
    return texts;
  }

  List<Long> numbers(String name, long least, long most) {
    List<Long> numbers = new ArrayList<>();
    int index = 0;
    for (JsonNode item : items(name)) {
      number(path(name) + "[" + index++ + "]", item, least, most).ifPresent(numbers::add);
    }
    return numbers;
  }

  Map<String, String> textMap(String name) {
    Map<String, String> texts = new LinkedHashMap<>();
    object(name)
        .ifPresent(
            fields ->
                fields.names().forEach(key -> fields.text(key).ifPresent(t -> texts.put(key, t))));
    return texts;
  }

  /** The names of all fields, all of which then count as known. */
  Collection<String> names() {
    List<String> names = new ArrayList<>();
    node.fieldNames().forEachRemaining(names::add);
    known.addAll(names);
    return names;
  }

  /** A value that may be written as text or as a number, as quantities are. */
  Optional<String> scalar(String name) {
    Optional<JsonNode> value = value(name);
    if (value.isPresent() && !value.get().isTextual() && !value.get().isNumber()) {
      problem(name, "has to be a number or text");
      return Optional.empty();
    }
    return value.map(JsonNode::asText);
  }

  /** Makes a problem of every field that was not asked for and says something. */
  void end() {
    node.properties().stream()
        .filter(field -> !known.contains(field.getKey()) && !field.getValue().isNull())
        .forEach(
            field -> problem(field.getKey(), "is unknown or not supported by \"stockade run\""));
  }

  private List<JsonNode> items(String name) {
    Optional<JsonNode> value = value(name);
    if (value.isEmpty()) {
      return List.of();
    }
    if (!value.get().isArray() || value.get().size() > MOST_ITEMS) {
      problem(name, "has to be a list of at most " + MOST_ITEMS + " items");
      return List.of();
    }
    List<JsonNode> items = new ArrayList<>();
    value.get().forEach(items::add);
    return items;
  }

  private Optional<JsonNode> value(String name) {
    known.add(name);
    return Optional.ofNullable(node.get(name)).filter(value -> !value.isNull());
  }

  private static String listed(Set<String> words) {
    return String.join(", ", new TreeSet<>(words));
  }
}
