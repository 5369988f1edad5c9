package dev.stockade.shim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.launcher.plan.Constraint;
import dev.stockade.shim.config.ConfigLoader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** docs/constraints.md has a row for every security field, and names only tests that exist. */
final class ConstraintsTest {
  private static final Path DOCS = Path.of("../docs").toAbsolutePath().normalize();
  private static final Pattern SECURITY =
      Pattern.compile(
          "linux\\.(security_context|sysctls|resources).*|mounts\\..*|devices.*|CDI_devices|windows");

  private static List<List<String>> rows() throws IOException {
    return Files.readAllLines(DOCS.resolve("constraints.md")).stream()
        .filter(line -> line.startsWith("| `"))
        .map(line -> List.of(line.substring(2, line.length() - 2).split(" \\| ", -1)))
        .toList();
  }

  private static List<String> fields() throws IOException {
    List<String> fields = new ArrayList<>();
    for (List<String> row : rows()) {
      Stream.of(row.get(0).split(", ", -1)).map(f -> f.replace("`", "")).forEach(fields::add);
    }
    return fields;
  }

  @Test
  void everySecurityFieldHasARow() throws IOException {
    List<String> told = fields();
    String prefix = "";
    int found = 0;
    for (String line : Files.readAllLines(DOCS.resolve("CRI-FIELDS.md"))) {
      if (line.startsWith("## ")) {
        prefix = line.equals("## PodSandboxConfig") ? "pod: " : "";
      }
      Matcher row = Pattern.compile("\\| `([^`]+)` \\| [a-z]+ \\|.*").matcher(line);
      // The resources of a pod are the sum of its containers'.
      boolean sums = prefix.equals("pod: ") && line.startsWith("| `linux.resources`");
      if (row.matches() && SECURITY.matcher(row.group(1)).matches() && !sums) {
        String field = prefix + row.group(1);
        assertThat(told)
            .as("a row for %s", field)
            .anyMatch(one -> field.equals(one) || field.startsWith(one + "."));
        found++;
      }
    }
    assertThat(found).isGreaterThan(70);
  }

  @Test
  void everyRowNamesTestsThatExistAndAKernel() throws IOException {
    for (List<String> row : rows()) {
      assertThat(row).as(row.toString()).hasSize(7);
      ThreatModelTest.requireAll(row.get(5), ThreatModelTest.tests());
      assertThat(row.get(6)).matches("(host|AppArmor|SELinux)(, (AppArmor|SELinux))*");
    }
  }

  /** The cells of the tables under a heading, without their heads. */
  private static List<List<String>> tables(String heading) throws IOException {
    return Files.readAllLines(DOCS.resolve("constraints.md")).stream()
        .dropWhile(line -> !line.equals("## " + heading))
        .skip(1)
        .takeWhile(line -> !line.startsWith("## "))
        .filter(line -> line.startsWith("| ") && !line.matches("\\| (situation|constraints?) .*"))
        .map(line -> List.of(line.substring(2, line.length() - 2).split(" \\| ", -1)))
        .toList();
  }

  /** Each is said to be always in force and why, or has its key, as no other has, and a test. */
  @Test
  void everyConstraintIsSaidToBeEnforcedAlwaysOrHasAKey() throws IOException {
    List<String> told = new ArrayList<>();
    Set<String> keys = new TreeSet<>();
    for (List<String> row : tables("What may be missing")) {
      told.addAll(List.of(row.get(0).split(", ", -1)));
      if (row.size() == 4) {
        assertThat(row.get(0)).doesNotContain(",");
        ThreatModelTest.requireAll(row.get(3), ThreatModelTest.tests());
        keys.add(row.get(1).replace("`", ""));
      }
    }
    assertThat(told)
        .containsExactlyInAnyOrderElementsOf(
            Stream.of(Constraint.values()).map(Constraint::label).toList());
    Set<String> possible = new TreeSet<>();
    String table = "";
    for (String line : ConfigLoader.defaultFile().lines().toList()) {
      table = line.startsWith("[") ? line.substring(1, line.length() - 1) + "." : table;
      if (line.endsWith(" = \"enforce\"")) {
        possible.add(table + line.substring(0, line.indexOf(' ')));
      }
    }
    assertThat(keys).isEqualTo(possible);
  }

  @Test
  void everySilentLossHasATest() throws IOException {
    List<List<String>> losses = tables("What must not be lost silently");
    assertThat(losses).hasSizeGreaterThan(20);
    for (List<String> row : losses) {
      assertThat(row).hasSize(4);
      ThreatModelTest.requireAll(row.get(2), ThreatModelTest.tests());
      assertThat(row.get(3)).matches("host|AppArmor|SELinux");
    }
  }
}
