package dev.stockade.shim.cli.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

/** A manifest of any kind is translated or refused with problems; nothing else comes of it. */
final class PodManifestProperties {
  private static final PodPlace PLACE =
      new PodPlace("uid-1", Path.of("/logs"), Path.of("/volumes"), Path.of("/seccomp"));
  private static final NodeFacts NODE = new NodeFacts(8L << 30, true);
  private static final String FULL = resource("full.yaml");

  @Provide
  Arbitrary<String> junk() {
    return Arbitraries.oneOf(
        Arbitraries.strings().withChars("{}[]:,-\"'&*!|> \n\tab0.~%@`#").ofMaxLength(20),
        Arbitraries.of(
            "null",
            "~",
            "1e999",
            "[[]]",
            "{}",
            "\u0000",
            "!!binary x",
            "&a",
            "*a",
            "<<: *a",
            "9999999999999999999",
            "? x",
            "---\n",
            "...\n",
            "\uFEFF",
            "\u2028"));
  }

  @Property(tries = 2000)
  void aDamagedManifestNeverBreaksTheReader(
      @ForAll("junk") String junk,
      @ForAll @IntRange(min = 0, max = 4000) int at,
      @ForAll @IntRange(min = 0, max = 30) int cut) {
    int from = Math.min(at, FULL.length());
    int to = Math.min(from + cut, FULL.length());
    check(FULL.substring(0, from) + junk + FULL.substring(to));
  }

  @Property(tries = 500)
  void anyTextIsTranslatedOrRefused(@ForAll List<String> lines) {
    check(String.join("\n", lines));
  }

  private static void check(String manifest) {
    try {
      PodRequest request =
          PodManifest.translate(manifest.getBytes(StandardCharsets.UTF_8), PLACE, NODE);
      assertThat(request.containers()).isNotEmpty();
      assertThat(request.sandbox().getMetadata().getName()).isNotEmpty();
      assertThat(request.emptyDirs())
          .allSatisfy(volume -> assertThat(volume.name()).matches("[a-z0-9-]+"));
    } catch (ManifestRejection e) {
      assertThat(e.problems()).isNotEmpty().allMatch(problem -> !problem.isBlank());
    }
  }

  private static String resource(String name) {
    try (InputStream bytes = PodManifestProperties.class.getResourceAsStream(name)) {
      return bytes == null ? "" : new String(bytes.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
