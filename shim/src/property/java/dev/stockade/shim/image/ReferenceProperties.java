package dev.stockade.shim.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

final class ReferenceProperties {
  private static Optional<ImageReference> parse(String text) {
    try {
      return Optional.of(ImageReference.parse(text));
    } catch (ImageException e) {
      return Optional.empty();
    }
  }

  @Provide
  static Arbitrary<String> nearly() {
    return Arbitraries.strings().withChars("abzAZ019._-/:@[] \n\0").ofMaxLength(60);
  }

  @Provide
  static Arbitrary<String> honest() {
    Arbitrary<String> component =
        Arbitraries.strings().withChars("ab09").ofMinLength(1).ofMaxLength(5);
    Arbitrary<String> host = Arbitraries.of("", "localhost/", "a.example/", "x:5000/", "[::1]:5/");
    Arbitrary<String> tag = Arbitraries.of("", ":1", ":latest", ":A_b.c-d");
    Arbitrary<String> digest = Arbitraries.of("", "@sha256:" + "0123456789abcdef".repeat(4));
    return Combinators.combine(host, component.list().ofMinSize(1).ofMaxSize(4), tag, digest)
        .as((h, path, t, d) -> h + String.join("/", path) + t + d);
  }

  @Property
  void theNormalFormIsItsOwnNormalForm(@ForAll("nearly") String text) {
    parse(text).ifPresent(r -> assertThat(parse(r.toString())).contains(r));
  }

  @Property
  void honestReferencesAreAccepted(@ForAll("honest") String text) {
    ImageReference reference = parse(text).orElseThrow();
    assertThat(text.contains("@")).isEqualTo(reference.digest().isPresent());
    assertThat(reference.path()).endsWith(text.replaceAll("[:@][^/]*$", "").replaceAll(".*/", ""));
  }

  @Property
  void nothingAcceptedClimbsOrBreaksLines(@ForAll("nearly") String text) {
    parse(text)
        .ifPresent(
            r ->
                assertThat(r.toString())
                    .doesNotContain("..")
                    .doesNotContain("//")
                    .matches("[\\x21-\\x7e]+"));
  }

  @Property
  void aDigestIsReadOnlyAsItIsWritten(@ForAll("nearly") String text) {
    for (String given : new String[] {text, "sha256:" + text}) {
      Digest.tryParse(given).ifPresent(digest -> assertThat(digest).hasToString(given));
    }
  }
}
