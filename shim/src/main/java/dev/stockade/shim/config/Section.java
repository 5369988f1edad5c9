package dev.stockade.shim.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * One table of the configuration. Each reading method gives the setting, or the default where there
 * is none or where it is wrong; what is wrong is kept by the reader, so that all of it is told at
 * once.
 */
final class Section {
  private final SettingReader reader;
  private final String table;

  Section(SettingReader reader, String table) {
    this.reader = reader;
    this.table = table;
  }

  Section table(String name) {
    return new Section(reader, KeyPath.child(table, name));
  }

  /** Makes of a text what the key means, or says what it should be. */
  @FunctionalInterface
  interface Meaning<T> {
    T of(String text) throws WrongValue;
  }

  /** The value is not acceptable; the message completes "KEY ...". */
  static final class WrongValue extends Exception {
    private static final long serialVersionUID = 1L;

    WrongValue(String message) {
      super(message);
    }
  }

  <T> T text(String name, T byDefault, Meaning<T> meaning) {
    String key = KeyPath.child(table, name);
    Optional<Setting> setting = reader.find(key);
    if (setting.isEmpty()) {
      return byDefault;
    }
    JsonNode value = setting.get().value();
    try {
      if (!value.isTextual()) {
        throw new WrongValue("is not text in quotes");
      }
      return meaning.of(value.textValue());
    } catch (WrongValue e) {
      reader.problem(setting.get().origin(), key + " " + e.getMessage());
      return byDefault;
    }
  }

  /** Reports a problem of this key that shows only beside others. */
  void problem(String name, String message) {
    String key = KeyPath.child(table, name);
    reader.problem(key, key + " " + message);
  }

  /** Reports a problem of keys together, at the first that is set. */
  void problem(List<String> names, String message) {
    List<String> keys = names.stream().map(name -> KeyPath.child(table, name)).toList();
    String set =
        keys.stream().filter(k -> reader.find(k).isPresent()).findFirst().orElse(keys.get(0));
    reader.problem(set, String.join(" and ", keys) + " " + message);
  }

  boolean flag(String name, boolean byDefault) {
    String key = KeyPath.child(table, name);
    Optional<Setting> setting = reader.find(key);
    if (setting.isEmpty()) {
      return byDefault;
    }
    JsonNode value = setting.get().value();
    String text = setting.get().raw() ? value.asText() : "";
    if (value.isBoolean() || text.equals("true") || text.equals("false")) {
      return value.isBoolean() ? value.booleanValue() : text.equals("true");
    }
    reader.problem(setting.get().origin(), key + " is neither true nor false");
    return byDefault;
  }

  long number(String name, long byDefault, long least, long most) {
    return quantity(name, byDefault, least, most, Quantity.PLAIN);
  }

  /** Bytes, as a number or as text with KiB, MiB or GiB behind it. */
  long bytes(String name, long byDefault, long least, long most) {
    return quantity(name, byDefault, least, most, Quantity.BYTES);
  }

  private long quantity(String name, long byDefault, long least, long most, Quantity quantity) {
    String key = KeyPath.child(table, name);
    Optional<Setting> setting = reader.find(key);
    if (setting.isEmpty()) {
      return byDefault;
    }
    try {
      long value = quantity.read(setting.get());
      if (value < least || value > most) {
        throw new WrongValue(
            "is not between " + quantity.show(least) + " and " + quantity.show(most));
      }
      return value;
    } catch (WrongValue e) {
      reader.problem(setting.get().origin(), key + " " + e.getMessage());
      return byDefault;
    }
  }

  /** Text such as 500ms, 10s, 5m, 1h. */
  Duration duration(String name, Duration byDefault, Duration least, Duration most) {
    return text(
        name,
        byDefault,
        text -> {
          Duration value = Quantity.duration(text);
          if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
            throw new WrongValue(
                "is not between " + Quantity.show(least) + " and " + Quantity.show(most));
          }
          return value;
        });
  }

  /** One of the words an enum's constants make in lower case with hyphens. */
  <E extends Enum<E>> E choice(String name, E byDefault) {
    E[] constants = byDefault.getDeclaringClass().getEnumConstants();
    return text(
        name,
        byDefault,
        text -> {
          for (E constant : constants) {
            if (word(constant).equals(text)) {
              return constant;
            }
          }
          List<String> words = Stream.of(constants).map(Section::word).toList();
          throw new WrongValue(
              "is "
                  + Shown.of(text)
                  + ", not one of "
                  + String.join(", ", words)
                  + Spelling.nearest(text, words).map(w -> "; did you mean " + w + "?").orElse(""));
        });
  }

  static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** An absolute path without {@code .} and {@code ..}. */
  Path path(String name, Path byDefault, int longest) {
    return text(name, byDefault, text -> absolute(text, longest));
  }

  static Path absolute(String text, int longest) throws WrongValue {
    boolean plain = text.chars().noneMatch(Character::isISOControl);
    if (!plain || !text.startsWith("/")) {
      throw new WrongValue("is " + Shown.of(text) + ", not an absolute path");
    }
    Path path = Path.of(text);
    if (!path.equals(path.normalize()) || path.getNameCount() == 0) {
      throw new WrongValue("is " + Shown.of(text) + ", a path with . or .. or the root itself");
    }
    if (text.length() > longest) {
      throw new WrongValue("is longer than " + longest + " characters");
    }
    return path;
  }

  /** A list of texts; on the command line parted by commas. */
  List<String> list(String name, List<String> byDefault, int most) {
    String key = KeyPath.child(table, name);
    Optional<Setting> setting = reader.find(key);
    if (setting.isEmpty()) {
      return byDefault;
    }
    JsonNode value = setting.get().value();
    List<String> texts = new ArrayList<>();
    if (setting.get().raw()) {
      Stream.of(value.asText().split(","))
          .filter(t -> !t.isBlank())
          .forEach(t -> texts.add(t.trim()));
    } else {
      value.forEach(element -> texts.add(element.isTextual() ? element.textValue() : "\0"));
    }
    if ((!setting.get().raw() && !value.isArray()) || texts.contains("\0") || texts.size() > most) {
      reader.problem(
          setting.get().origin(), key + " is not a list of at most " + most + " texts in quotes");
      return byDefault;
    }
    return List.copyOf(texts);
  }
}
