package dev.stockade.shim.cdi;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One object of a specification, all of whose keys are known.
 *
 * @param place where in the document, for messages
 */
record SpecObject(String place, JsonNode node) {
  /** PATH_MAX with its NUL (linux/limits.h). */
  private static final int LONGEST_PATH = 4095;

  /** MAX_ARG_STRLEN (execve(2)). */
  private static final int LONGEST_TEXT = 131_071;

  private static final int MOST = 1000;

  static SpecObject of(String place, JsonNode node, Set<String> keys) throws SpecException {
    if (!node.isObject()) {
      throw new SpecException(place + " is not an object");
    }
    for (Iterator<String> names = node.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (!keys.contains(name)) {
        throw new SpecException(
            (place.isEmpty() ? "" : place + " ") + "has the unknown key " + shown(name));
      }
    }
    return new SpecObject(place, node);
  }

  String at(String key) {
    return place.isEmpty() ? key : place + "." + key;
  }

  SpecException wrong(String key, String why) {
    return new SpecException(at(key) + " " + why);
  }

  boolean has(String key) {
    return value(key) != null;
  }

  private @Nullable JsonNode value(String key) {
    JsonNode value = node.get(key);
    return value == null || value.isNull() ? null : value;
  }

  Optional<JsonNode> child(String key) {
    return Optional.ofNullable(value(key));
  }

  List<JsonNode> list(String key) throws SpecException {
    JsonNode value = value(key);
    if (value == null) {
      return List.of();
    }
    if (!value.isArray() || value.size() > MOST) {
      throw wrong(key, "is not a list of at most " + MOST + " entries");
    }
    List<JsonNode> elements = new ArrayList<>();
    value.forEach(elements::add);
    return elements;
  }

  List<String> texts(String key) throws SpecException {
    List<String> texts = new ArrayList<>();
    for (JsonNode element : list(key)) {
      texts.add(text(key + "[" + texts.size() + "]", element));
    }
    return texts;
  }

  Optional<String> text(String key) throws SpecException {
    JsonNode value = value(key);
    return value == null ? Optional.empty() : Optional.of(text(key, value));
  }

  String required(String key) throws SpecException {
    return text(key).orElseThrow(() -> wrong(key, "is missing"));
  }

  private String text(String key, JsonNode value) throws SpecException {
    if (!value.isTextual()) {
      throw wrong(key, "is not text");
    }
    String text = value.textValue();
    if (text.indexOf('\0') >= 0 || text.getBytes(StandardCharsets.UTF_8).length > LONGEST_TEXT) {
      throw wrong(key, "holds a NUL character, or is longer than " + LONGEST_TEXT + " bytes");
    }
    return text;
  }

  String path(String key) throws SpecException {
    String path = required(key);
    boolean climbs = List.of(path.split("/", -1)).contains("..");
    boolean plain = path.chars().noneMatch(Character::isISOControl);
    if (!path.startsWith("/") || climbs || !plain || path.length() > LONGEST_PATH) {
      throw wrong(key, shown(path) + " is not an absolute path without '..'");
    }
    return path;
  }

  Optional<Long> number(String key, long most) throws SpecException {
    JsonNode value = value(key);
    return value == null ? Optional.empty() : Optional.of(number(key, value, 0, most));
  }

  List<Long> numbers(String key, long least, long most) throws SpecException {
    List<Long> numbers = new ArrayList<>();
    for (JsonNode element : list(key)) {
      numbers.add(number(key + "[" + numbers.size() + "]", element, least, most));
    }
    return numbers;
  }

  private long number(String key, JsonNode value, long least, long most) throws SpecException {
    if (!value.isIntegralNumber() || !value.canConvertToLong()) {
      throw wrong(key, "is not a whole number");
    }
    long number = value.longValue();
    if (number < least || number > most) {
      throw wrong(key, "is not between " + least + " and " + most);
    }
    return number;
  }

  /** What may be of anybody, for a message. */
  static String shown(String text) {
    String plain = text.replaceAll("[^\\x20-\\x7e]|'", "?");
    return "'" + (plain.length() > 128 ? plain.substring(0, 128) + "..." : plain) + "'";
  }
}
