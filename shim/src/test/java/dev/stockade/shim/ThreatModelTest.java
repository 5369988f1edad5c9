package dev.stockade.shim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** docs/THREAT-MODEL.md calls built only what names its tests, and names only tests that exist. */
final class ThreatModelTest {
  private static final Path TOP = Path.of("..").toAbsolutePath().normalize();

  /** A row of a table: its cells by the heads of their columns. */
  private record Row(Map<String, String> cells) {
    String of(String column) {
      return cells.getOrDefault(column, "");
    }
  }

  private static List<Row> rows() throws IOException {
    List<Row> rows = new ArrayList<>();
    List<String> head = List.of();
    for (String line : Files.readAllLines(TOP.resolve("docs/THREAT-MODEL.md"))) {
      if (!line.startsWith("| ")) {
        head = line.startsWith("|---") ? head : List.of();
        continue;
      }
      List<String> cells = List.of(line.substring(2, line.length() - 2).split(" \\| ", -1));
      if (head.isEmpty()) {
        head = cells;
      } else {
        assertThat(cells).as(line).hasSameSizeAs(head);
        Map<String, String> row = new TreeMap<>();
        for (int i = 0; i < head.size(); i++) {
          row.put(head.get(i), cells.get(i).strip());
        }
        rows.add(new Row(row));
      }
    }
    return rows;
  }

  /** The text of every test by the name of its file. */
  static Map<String, String> tests() throws IOException {
    Map<String, String> tests = new TreeMap<>();
    for (String root :
        List.of(
            "cri-proto/src",
            "launcher/src",
            "shim/src",
            "native/test",
            "native/fuzz",
            "test-vm/src")) {
      try (Stream<Path> files = Files.walk(TOP.resolve(root))) {
        for (Path file : files.filter(f -> f.toString().matches(".*\\.(java|c)")).toList()) {
          // What runs in a guest is that module's main code.
          if (!file.toString().contains("/src/main/") || file.toString().contains("/test-vm/")) {
            String name = file.getFileName().toString().replaceFirst("\\.(java|c)$", "");
            tests.put(name, Files.readString(file));
          }
        }
      }
    }
    return tests;
  }

  @Test
  void whatIsBuiltNamesTestsThatExist() throws IOException {
    Map<String, String> tests = tests();
    List<Row> rows = rows().stream().filter(row -> !row.of("status").isEmpty()).toList();
    assertThat(rows).hasSizeGreaterThan(50);
    for (Row row : rows) {
      String named = row.of("test");
      assertThat(row.of("status")).as(row.toString()).matches("built|planned \\(with .+\\)");
      if (row.of("status").equals("built")) {
        assertThat(named).as(row.toString()).isNotEmpty().isNotEqualTo("-");
      }
      if (!named.equals("-")) {
        requireAll(named, tests);
      }
    }
  }

  @Test
  void whatIsOnlyCalledIsNoTest() {
    Map<String, String> tests =
        Map.of(
            "OneTest", "  void declared() {\n    called();\n  }\n",
            "Several", "  default void inherited() {}\n");
    requireAll("OneTest.declared; Several.inherited", tests);
    assertThatThrownBy(() -> requireAll("OneTest.called", tests))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("OneTest has no test called");
  }

  /** {@code Class.method, method of the same; Other}; of a method the declaration, in Java or C. */
  static void requireAll(String named, Map<String, String> tests) {
    String file = "";
    for (String name : named.split("[,;] ", -1)) {
      String[] parts = name.split("\\.", 2);
      boolean isFile = tests.containsKey(parts[0]);
      file = isFile ? parts[0] : file;
      String method = isFile ? (parts.length == 2 ? parts[1] : "") : name;
      assertThat(tests).as(name).containsKey(file);
      if (!method.isEmpty()) {
        assertThat(
                Pattern.compile("(?m)^ *((static|default) )?void " + Pattern.quote(method) + "\\(")
                    .matcher(tests.get(file))
                    .find())
            .as("%s has no test %s", file, method)
            .isTrue();
      }
    }
  }
}
