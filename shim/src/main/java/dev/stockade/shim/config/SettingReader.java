package dev.stockade.shim.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The settings of all sources, read key by key. What nobody reads is unknown; what was read is what
 * hints are made of.
 */
final class SettingReader {
  private final Map<String, Setting> settings;
  private final Set<String> known = new TreeSet<>();
  private final List<ConfigProblem> problems = new ArrayList<>();

  /**
   * @param settings by {@link KeyPath}
   */
  SettingReader(Map<String, Setting> settings) {
    this.settings = settings;
  }

  /** The keys outside any table. */
  Section root() {
    return new Section(this, "");
  }

  Optional<Setting> find(String key) {
    known.add(key);
    return Optional.ofNullable(settings.get(key));
  }

  void problem(Origin origin, String message) {
    problems.add(new ConfigProblem(origin.toString(), message));
  }

  /** A problem of a key that may stand in no source at all. */
  void problem(String key, String message) {
    Setting setting = settings.get(key);
    problem(setting == null ? new Origin("built-in default", 0) : setting.origin(), message);
  }

  /** Everything found wrong, after all keys have been read. */
  List<ConfigProblem> finish() {
    settings.forEach(
        (key, setting) -> {
          if (!known.contains(key)) {
            problem(setting.origin(), unknown(key));
          }
        });
    return problems;
  }

  private String unknown(String key) {
    if (known.stream().anyMatch(k -> k.startsWith(key + "."))) {
      return settings.get(key) != null && settings.get(key).value().isObject()
          ? key + " is an empty table; leave it out"
          : key + " is a table, not a value";
    }
    String hint =
        Spelling.nearest(key, known)
            .or(() -> sameName(key))
            .map(near -> "; did you mean " + near + "?")
            .orElse("");
    return key + " is not a key of the configuration" + hint;
  }

  /** The key may stand in the wrong table. */
  private Optional<String> sameName(String key) {
    String name = key.substring(key.lastIndexOf('.') + 1);
    return known.stream().filter(k -> k.substring(k.lastIndexOf('.') + 1).equals(name)).findFirst();
  }
}
