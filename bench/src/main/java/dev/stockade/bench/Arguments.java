package dev.stockade.bench;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Words of the form {@code name=value}. */
record Arguments(Map<String, String> values) {
  static Arguments of(String[] words) {
    Map<String, String> values = new HashMap<>();
    for (String word : words) {
      int equals = word.indexOf('=');
      if (equals < 1) {
        throw new IllegalArgumentException(word + " is not name=value");
      }
      values.put(word.substring(0, equals), word.substring(equals + 1));
    }
    return new Arguments(Map.copyOf(values));
  }

  String text(String name) {
    String value = values.get(name);
    if (value == null) {
      throw new IllegalArgumentException(name + "= is missing");
    }
    return value;
  }

  Path path(String name) {
    return Path.of(text(name));
  }

  int number(String name) {
    return Integer.parseInt(text(name));
  }

  Optional<Path> optionalPath(String name) {
    return Optional.ofNullable(values.get(name)).filter(v -> !v.isEmpty()).map(Path::of);
  }
}
