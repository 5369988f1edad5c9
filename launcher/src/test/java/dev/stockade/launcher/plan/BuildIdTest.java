package dev.stockade.launcher.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Wardens of the same ABI and other sources are told apart. */
final class BuildIdTest {
  private static final Path SOURCES = Path.of("../native");

  @TempDir private Path copy;

  @BeforeEach
  void copySources() throws IOException {
    for (String name : List.of("src", "abi", "scripts", "Makefile", "pom.xml")) {
      try (Stream<Path> files = Files.walk(SOURCES.resolve(name))) {
        for (Path file : files.toList()) {
          Files.copy(file, copy.resolve(SOURCES.relativize(file).toString()));
        }
      }
    }
  }

  private String identity() throws Exception {
    Path out = copy.resolve("made/build-id");
    Process process =
        new ProcessBuilder(copy.resolve("scripts/build-id").toString(), "hex", out.toString())
            .inheritIO()
            .start();
    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isZero();
    return Files.readString(out).strip();
  }

  private void append(String file) throws IOException {
    Files.writeString(copy.resolve(file), "\n", StandardOpenOption.APPEND);
  }

  @Test
  void theEngineHasTheIdentityOfTheSources() throws Exception {
    assertThat(identity()).isEqualTo(BuildId.hex());
    assertThat(BuildId.bytes()).hasSize(16);
  }

  @Test
  void everyPartOfWardenCounts() throws Exception {
    for (String file :
        List.of("src/confine.c", "src/raw.h", "abi/plan.abi", "Makefile", "pom.xml")) {
      String before = identity();
      append(file);
      assertThat(identity()).as(file).isNotEqualTo(before);
    }
  }

  @Test
  void whatIsNotCompiledDoesNotCount() throws Exception {
    String before = identity();
    Files.writeString(copy.resolve("src/notes.txt"), "no code");
    assertThat(identity()).isEqualTo(before);
  }
}
