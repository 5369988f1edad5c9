package dev.stockade.shim.signature;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.shim.image.ImageException;
import dev.stockade.shim.image.ImageReference;
import dev.stockade.shim.image.Quoted;
import java.util.Optional;
import java.util.Set;

/** Reads which image a signature has to name. */
final class IdentityRequirementReader {
  private static final SignedIdentity DEFAULT = new SignedIdentity.MatchRepoDigestOrExact();

  private final PolicyFields fields;

  IdentityRequirementReader(PolicyFields fields) {
    this.fields = fields;
  }

  /** What {@code signedIdentity} of a requirement says, or the default if it is missing. */
  SignedIdentity read(String requirement, JsonNode node) {
    if (node.isMissingNode()) {
      return DEFAULT;
    }
    String at = requirement + ".signedIdentity";
    String type = node.path("type").asText("");
    return switch (type) {
      case "matchExact" -> plain(at, node, new SignedIdentity.MatchExact());
      case "matchRepoDigestOrExact" -> plain(at, node, DEFAULT);
      case "matchRepository" -> plain(at, node, new SignedIdentity.MatchRepository());
      case "exactReference" -> exactReference(at, node);
      case "exactRepository" -> exactRepository(at, node);
      case "remapIdentity" -> remap(at, node);
      default -> {
        fields.problem(
            at + ".type",
            (type.isEmpty() ? "is missing" : "is " + Quoted.of(type))
                + "; it is matchExact, matchRepoDigestOrExact, matchRepository, exactReference,"
                + " exactRepository or remapIdentity");
        yield DEFAULT;
      }
    };
  }

  private SignedIdentity plain(String at, JsonNode node, SignedIdentity identity) {
    fields.object(at, node, Set.of("type"), Set.of());
    return identity;
  }

  private SignedIdentity exactReference(String at, JsonNode node) {
    String field = "dockerReference";
    if (fields.object(at, node, Set.of("type", field), Set.of())) {
      String text = fields.text(at + "." + field, node.get(field));
      Optional<ImageReference> reference = name(at + "." + field, text).flatMap(SignedName::exact);
      if (reference.isPresent()) {
        return new SignedIdentity.ExactReference(reference.get());
      }
      fields.problem(at + "." + field, "is no image with a tag or a digest");
    }
    return DEFAULT;
  }

  private SignedIdentity exactRepository(String at, JsonNode node) {
    String field = "dockerRepository";
    if (fields.object(at, node, Set.of("type", field), Set.of())) {
      String text = fields.text(at + "." + field, node.get(field));
      Optional<SignedName> name = name(at + "." + field, text);
      if (name.isPresent() && name.get().exact().isEmpty()) {
        return new SignedIdentity.ExactRepository(name.get().repository());
      }
      if (name.isPresent()) {
        fields.problem(
            at + "." + field, "has a tag or a digest; for one image alone use exactReference");
      }
    }
    return DEFAULT;
  }

  private Optional<SignedName> name(String at, String text) {
    try {
      return Optional.of(SignedName.parse(text));
    } catch (ImageException e) {
      fields.problem(at + ":", String.valueOf(e.getMessage()));
      return Optional.empty();
    }
  }

  private SignedIdentity remap(String at, JsonNode node) {
    if (!fields.object(at, node, Set.of("type", "prefix", "signedPrefix"), Set.of())) {
      return DEFAULT;
    }
    return new SignedIdentity.RemapIdentity(
        prefix(at + ".prefix", node.get("prefix")),
        prefix(at + ".signedPrefix", node.get("signedPrefix")));
  }

  /** Whether it begins names can be told by making one of it. */
  private String prefix(String at, JsonNode node) {
    String prefix = fields.text(at, node);
    try {
      if (ImageReference.parse(prefix + "/x/y:1").name().equals(prefix + "/x/y")) {
        return prefix;
      }
    } catch (ImageException e) {
      // Told below.
    }
    fields.problem(at, "is neither a host nor the beginning of a repository's full name");
    return prefix;
  }
}
