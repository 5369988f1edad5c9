package dev.stockade.shim.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.toml.TomlMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/** One TOML document as settings with their lines. */
final class TomlFile {
  private static final TomlMapper MAPPER = new TomlMapper();

  private final String name;
  private final Map<String, Integer> lines;
  private final BiConsumer<String, Setting> settings;

  private TomlFile(String name, Map<String, Integer> lines, BiConsumer<String, Setting> settings) {
    this.name = name;
    this.lines = lines;
    this.settings = settings;
  }

  /**
   * Hands over every setting of the document by its {@link KeyPath}.
   *
   * @param problems receives what is wrong with the document as a whole
   */
  static void read(
      String name,
      String text,
      BiConsumer<String, Setting> settings,
      List<ConfigProblem> problems) {
    try {
      JsonNode document = MAPPER.readTree(text);
      if (document != null && document.isObject()) {
        new TomlFile(name, KeyLines.of(text), settings).table(document, new ArrayList<>());
      }
    } catch (JsonProcessingException e) {
      int line = e.getLocation() == null ? 0 : e.getLocation().getLineNr();
      problems.add(
          new ConfigProblem(
              new Origin(name, Math.max(0, line)).toString(),
              "is not TOML: " + e.getOriginalMessage().lines().findFirst().orElse("")));
    }
  }

  private void table(JsonNode table, List<String> path) {
    if (table.isEmpty() && !path.isEmpty()) {
      setting(table, path);
    }
    for (Map.Entry<String, JsonNode> field : table.properties()) {
      path.add(field.getKey());
      if (field.getValue().isObject()) {
        table(field.getValue(), path);
      } else {
        setting(field.getValue(), path);
      }
      path.remove(path.size() - 1);
    }
  }

  private void setting(JsonNode value, List<String> path) {
    settings.accept(KeyPath.of(path), new Setting(value, new Origin(name, line(path)), false));
  }

  /** The key's own line, else that of the nearest table around it. */
  private int line(List<String> path) {
    for (int length = path.size(); length > 0; length--) {
      Integer line = lines.get(KeyPath.of(path.subList(0, length)));
      if (line != null) {
        return line;
      }
    }
    return 0;
  }
}
