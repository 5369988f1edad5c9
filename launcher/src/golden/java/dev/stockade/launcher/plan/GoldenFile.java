package dev.stockade.launcher.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A file whose text was read by people once and must not change by accident; {@code
 * -Dgolden.update=true} rewrites it.
 */
final class GoldenFile {
  private GoldenFile() {}

  static void check(Path file, String text) throws IOException {
    if (Boolean.getBoolean("golden.update")) {
      Files.createDirectories(file.toAbsolutePath().getParent());
      Files.writeString(file, text);
    }
    assertThat(file).as("run with -Dgolden.update=true to make it").exists();
    assertThat(text)
        .as("%s; if the change is meant, run with -Dgolden.update=true", file)
        .isEqualTo(Files.readString(file));
  }
}
