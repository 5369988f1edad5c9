package dev.stockade.shim.signature;

import dev.stockade.shim.image.Digest;
import dev.stockade.shim.image.ImageException;
import dev.stockade.shim.image.ImageReference;
import dev.stockade.shim.image.ImageSignature;
import dev.stockade.shim.image.Quoted;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Whether the rules for an image hold.
 *
 * @param file of the policy
 * @param subject how messages call the image
 * @param identity what it is asked for as; empty for what has no name of a registry
 * @param lacking what messages say where there is no signature at all
 */
record Judgement(
    String file, String subject, Optional<ImageReference> identity, Rules rules, String lacking) {
  private static final int MOST_TOLD = 3;
  private static final int MOST_KEPT = 8;

  /** Where signatures are, if they are needed. */
  @FunctionalInterface
  interface Signatures {
    List<ImageSignature> read() throws ImageException, InterruptedException;
  }

  /** Refuses the image, or gives the signatures that it is accepted for. */
  List<ImageSignature> accepted(Signatures source) throws ImageException, InterruptedException {
    Set<ImageSignature> accepted = new LinkedHashSet<>();
    Optional<List<ImageSignature>> signatures = Optional.empty();
    for (int i = 0; i < rules.requirements().size(); i++) {
      Requirement requirement = rules.requirements().get(i);
      if (requirement instanceof Requirement.Signed signed) {
        if (signatures.isEmpty()) {
          signatures = Optional.of(source.read());
        }
        accepted.addAll(accepted(i, signed, signatures.get()));
      } else if (!(requirement instanceof Requirement.AcceptAnything)) {
        throw refused(i, requirement, obstacle(requirement));
      }
    }
    if (rules.requirements().isEmpty()) {
      throw ImageException.untrusted(subject + ": " + file + " has no requirement for it");
    }
    return List.copyOf(accepted);
  }

  private static String obstacle(Requirement requirement) {
    return requirement instanceof Requirement.Unverifiable other
        ? "it asks for "
            + other.what()
            + ", which are not verified here; use sigstoreSigned with a key"
        : "it rejects every image; use another image, or allow a scope that has this one";
  }

  /** Not all that count, so that those for one requirement leave room for those for another. */
  private Set<ImageSignature> accepted(
      int index, Requirement.Signed signed, List<ImageSignature> signatures) throws ImageException {
    Set<ImageSignature> accepted = new LinkedHashSet<>();
    List<String> obstacles = new ArrayList<>();
    for (int i = 0; i < signatures.size() && accepted.size() < MOST_KEPT; i++) {
      Optional<String> obstacle = obstacle(signed, signatures.get(i));
      if (obstacle.isEmpty()) {
        accepted.add(signatures.get(i));
      } else if (obstacles.size() < MOST_TOLD) {
        obstacles.add("one " + obstacle.get());
      }
    }
    if (signatures.isEmpty()) {
      throw refused(index, signed, lacking);
    }
    if (accepted.isEmpty()) {
      throw refused(
          index,
          signed,
          "of "
              + signatures.size()
              + " signatures none counts: "
              + String.join(", ", obstacles)
              + "; sign the image with a key of the policy");
    }
    return accepted;
  }

  /** Why a signature does not count. */
  private Optional<String> obstacle(Requirement.Signed signed, ImageSignature signature) {
    byte[] payload;
    byte[] made;
    try {
      payload = Base64.getDecoder().decode(signature.payload());
      made = Base64.getDecoder().decode(signature.signature());
    } catch (IllegalArgumentException e) {
      return Optional.of("is not base64");
    }
    if (signed.keys().stream().noneMatch(key -> key.made(made, payload))) {
      return Optional.of("was made by no key of the policy");
    }
    try {
      return obstacle(signed.identity(), signature.manifest(), Payload.parse(payload));
    } catch (ImageException e) {
      return Optional.of("has a payload that is not accepted (" + e.getMessage() + ")");
    }
  }

  private Optional<String> obstacle(SignedIdentity wanted, Digest manifest, Payload payload) {
    if (!payload.manifest().equals(manifest)) {
      return Optional.of("is of another image, " + payload.manifest());
    }
    if (identity.isPresent() && wanted.accepts(identity.get(), payload.name())) {
      return Optional.empty();
    }
    String hint =
        payload.name().exact().isEmpty()
            ? ": it names a repository alone, as cosign does, for which signedIdentity is"
                + " matchRepository or exactRepository"
            : "";
    return Optional.of(
        "is for "
            + Quoted.of(payload.name().toString())
            + ", which "
            + wanted.type()
            + " does not accept"
            + hint);
  }

  private ImageException refused(int index, Requirement requirement, String why) {
    return ImageException.untrusted(
        subject
            + ": refused by "
            + file
            + " at "
            + rules.place()
            + "["
            + index
            + "] ("
            + requirement.type()
            + "): "
            + why);
  }
}
