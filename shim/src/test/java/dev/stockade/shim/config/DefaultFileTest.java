package dev.stockade.shim.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.shim.image.ImageLimits;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The default file documents every key there is, with the default there is. */
final class DefaultFileTest {
  private static final Pattern KEY = Pattern.compile("([a-z_]+) = .*");
  private static final Pattern TABLE = Pattern.compile("\\[([a-z_]+)]");

  /** Keys that are not called as the components they fill. */
  private static final Map<String, String> RENAMED =
      Map.of(
          "limits.layers", "limits.image_layers",
          "limits.images", "limits.archive_images",
          "degradation.se_linux_mode", "degradation.selinux_mode");

  @TempDir private Path directory = Path.of("unset");

  private Config load(String text) throws IOException, ConfigException {
    Path file = Files.writeString(directory.resolve("config.toml"), text);
    return ConfigLoader.load(file, true, List.of());
  }

  @Test
  void itSaysTheBuiltInDefaults() throws Exception {
    assertThat(load(ConfigLoader.defaultFile())).isEqualTo(Config.DEFAULT);
    assertThat(load("")).isEqualTo(Config.DEFAULT);
  }

  @Test
  void everyComponentIsAKeyAndEveryKeyAComponent() {
    Set<String> components = new TreeSet<>();
    components(Config.class, "", components);
    assertThat(new TreeSet<>(keys().keySet())).isEqualTo(components);
  }

  @Test
  void everyKeyAndItsLeastAndMostAreDocumented() {
    keys()
        .forEach(
            (key, comment) -> assertThat(comment).as("comment of %s", key).hasSizeGreaterThan(30));
  }

  /** Every value that a comment says is possible is accepted. */
  @Test
  void everyDocumentedWordIsAccepted() throws Exception {
    int words = 0;
    for (Map.Entry<String, String> key : keys().entrySet()) {
      Matcher word = Pattern.compile("#   (\"[a-z-]+\")  ").matcher(key.getValue());
      while (word.find()) {
        load(assignment(key.getKey(), word.group(1)));
        words++;
      }
    }
    assertThat(words).isGreaterThan(10);
  }

  @Test
  void everyDocumentedBoundIsAcceptedAndNothingBeyondIsTold() throws Exception {
    int bounds = 0;
    for (Map.Entry<String, String> key : keys().entrySet()) {
      Matcher bound =
          Pattern.compile("(\"?[0-9]+[A-Za-z]*\"?) to (\"?[0-9]+[A-Za-z]*\"?)[.,]")
              .matcher(key.getValue());
      if (bound.find()) {
        load(assignment(key.getKey(), bound.group(1)));
        load(assignment(key.getKey(), bound.group(2)));
        bounds++;
      }
    }
    assertThat(bounds).isEqualTo(14);
  }

  private static String assignment(String key, String value) {
    int dot = key.indexOf('.');
    return dot < 0
        ? key + " = " + value + "\n"
        : "[" + key.substring(0, dot) + "]\n" + key.substring(dot + 1) + " = " + value + "\n";
  }

  /** Each key with the comment lines right above it. */
  private static Map<String, String> keys() {
    Map<String, String> keys = new HashMap<>();
    List<String> comment = new ArrayList<>();
    String table = "";
    for (String line : ConfigLoader.defaultFile().lines().toList()) {
      Matcher header = TABLE.matcher(line);
      Matcher key = KEY.matcher(line);
      if (line.startsWith("#")) {
        comment.add(line);
      } else if (header.matches()) {
        table = header.group(1) + ".";
      } else if (key.matches()) {
        keys.put(table + key.group(1), String.join("\n", comment));
        comment.clear();
      } else {
        comment.clear();
      }
    }
    return keys;
  }

  private static void components(Class<?> type, String prefix, Set<String> found) {
    for (RecordComponent component : type.getRecordComponents()) {
      String name = component.getName().replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
      if (component.getType().equals(ImageLimits.class)) {
        components(ImageLimits.class, prefix, found);
      } else if (component.getType().getSimpleName().endsWith("Config")) {
        components(component.getType(), name + ".", found);
      } else {
        found.add(RENAMED.getOrDefault(prefix + name, prefix + name));
      }
    }
  }
}
