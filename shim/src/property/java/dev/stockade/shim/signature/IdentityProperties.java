package dev.stockade.shim.signature;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.shim.image.ImageException;
import dev.stockade.shim.image.ImageReference;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/**
 * What a signature is good for, whatever the names are; they are few, so that some are the same.
 */
final class IdentityProperties {
  private static final SignedIdentity EXACT = new SignedIdentity.MatchExact();
  private static final SignedIdentity DIGEST_OR_EXACT = new SignedIdentity.MatchRepoDigestOrExact();
  private static final SignedIdentity REPOSITORY = new SignedIdentity.MatchRepository();

  private static final Arbitrary<String> REPOSITORIES =
      Combinators.combine(
              Arbitraries.of("a.example", "b.example:5000", "docker.io"),
              Arbitraries.of("/x/a", "/x/b", "/xy/a"))
          .as((host, path) -> host + path);

  @Provide
  static Arbitrary<ImageReference> asked() {
    return Combinators.combine(
            REPOSITORIES, Arbitraries.of(":1", ":2", "@sha256:" + "0".repeat(64)))
        .as((name, rest) -> reference(name + rest));
  }

  @Provide
  static Arbitrary<SignedName> signed() {
    return Combinators.combine(
            REPOSITORIES,
            Arbitraries.of(
                "", ":1", ":2", "@sha256:" + "0".repeat(64), ":1@sha256:" + "0".repeat(64)))
        .as((name, rest) -> signed(name + rest));
  }

  private static ImageReference reference(String text) {
    try {
      return ImageReference.parse(text);
    } catch (ImageException e) {
      throw new AssertionError(e);
    }
  }

  private static SignedName signed(String text) {
    try {
      return SignedName.parse(text);
    } catch (ImageException e) {
      throw new AssertionError(e);
    }
  }

  @Property
  void aStricterIdentityAcceptsNoMore(
      @ForAll("asked") ImageReference asked, @ForAll("signed") SignedName signed) {
    if (EXACT.accepts(asked, signed)) {
      assertThat(DIGEST_OR_EXACT.accepts(asked, signed)).isTrue();
    }
    if (DIGEST_OR_EXACT.accepts(asked, signed)) {
      assertThat(REPOSITORY.accepts(asked, signed)).isTrue();
    }
  }

  @Property
  void aTagIsNeverExchangedForAnother(
      @ForAll("asked") ImageReference asked, @ForAll("signed") SignedName signed) {
    if (asked.tag().isPresent()) {
      assertThat(DIGEST_OR_EXACT.accepts(asked, signed))
          .isEqualTo(signed.toString().equals(asked.toString()));
    }
  }

  @Property
  void anotherRepositoryIsNeverEnough(
      @ForAll("asked") ImageReference asked, @ForAll("signed") SignedName signed) {
    if (!asked.name().equals(signed.repository())) {
      assertThat(List.of(EXACT, DIGEST_OR_EXACT, REPOSITORY))
          .noneMatch(each -> each.accepts(asked, signed));
    }
  }

  @Property
  void whatThePolicyNamesDoesNotDependOnWhatIsAsked(
      @ForAll("asked") ImageReference asked,
      @ForAll("asked") ImageReference wanted,
      @ForAll("signed") SignedName signed) {
    assertThat(new SignedIdentity.ExactReference(wanted).accepts(asked, signed))
        .isEqualTo(signed.toString().equals(wanted.toString()));
    assertThat(new SignedIdentity.ExactRepository(wanted.name()).accepts(asked, signed))
        .isEqualTo(signed.repository().equals(wanted.name()));
  }

  @Property
  void aMappedNameIsJudgedAsItself(
      @ForAll("asked") ImageReference asked, @ForAll("signed") SignedName signed) {
    SignedIdentity remap = new SignedIdentity.RemapIdentity("a.example/x", "vendor.example");
    String name = asked.toString();
    ImageReference meant =
        name.startsWith("a.example/x/")
            ? reference("vendor.example" + name.substring("a.example/x".length()))
            : asked;
    assertThat(remap.accepts(asked, signed)).isEqualTo(DIGEST_OR_EXACT.accepts(meant, signed));
    SignedName vendors = signed(signed.toString().replaceFirst("^a.example/x/", "vendor.example/"));
    assertThat(remap.accepts(asked, vendors)).isEqualTo(DIGEST_OR_EXACT.accepts(meant, vendors));
  }

  /** Each scope is a beginning of the one before, and the first is the image itself. */
  @Property
  void scopesGoFromTheImageToItsHost(@ForAll("asked") ImageReference asked) {
    List<String> scopes =
        DockerScopes.of(asked).stream().filter(scope -> !scope.startsWith("*")).toList();
    assertThat(scopes.get(0)).isEqualTo(asked.toString());
    for (int i = 1; i < scopes.size(); i++) {
      assertThat(scopes.get(i - 1)).startsWith(scopes.get(i));
      assertThat(scopes.get(i - 1).charAt(scopes.get(i).length())).isIn(':', '@', '/');
    }
    assertThat(scopes.get(scopes.size() - 1)).isEqualTo(asked.domain());
  }
}
