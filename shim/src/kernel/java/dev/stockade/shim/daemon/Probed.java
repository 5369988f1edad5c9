package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What the probe of native/test told: a value for each key. */
public record Probed(Map<String, String> values) {
  /** Reads its output; every line has to be one of its own. */
  public static Probed parse(String output) {
    Map<String, String> values = new LinkedHashMap<>();
    for (String line : output.split("\n", -1)) {
      int equals = line.indexOf('=');
      if (!line.isEmpty() && !line.equals("end")) {
        assertThat(equals).as("the probe says KEY=VALUE: %s", line).isPositive();
        values.put(line.substring(0, equals), line.substring(equals + 1));
      }
    }
    return new Probed(values);
  }

  public String of(String key) {
    assertThat(values).containsKey(key);
    return values.getOrDefault(key, "");
  }

  public boolean done(String key) {
    return of(key).equals("done");
  }

  /** Those of one kind, by the rest of their keys. */
  Map<String, String> all(String prefix) {
    Map<String, String> found = new TreeMap<>();
    values.forEach(
        (key, value) -> {
          if (key.startsWith(prefix)) {
            found.put(key.substring(prefix.length()), value);
          }
        });
    return found;
  }

  /** Without those that are another's in every process. */
  Probed without(Set<String> keys) {
    Map<String, String> rest = new LinkedHashMap<>(values);
    rest.keySet().removeAll(keys);
    return new Probed(rest);
  }
}
