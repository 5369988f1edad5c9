package dev.stockade.shim.signature;

import dev.stockade.shim.image.ImageException;
import dev.stockade.shim.image.ImageReference;

/**
 * Which image a signature has to name. Source: containers-policy.json(5), {@code signedIdentity}.
 */
sealed interface SignedIdentity {

  /** How the policy's file calls it. */
  String type();

  /**
   * Whether a signature of that name counts for an image.
   *
   * @param asked what the image is asked for as, with a tag or a digest
   */
  boolean accepts(ImageReference asked, SignedName signed);

  /** The name in full. */
  record MatchExact() implements SignedIdentity {
    @Override
    public String type() {
      return "matchExact";
    }

    @Override
    public boolean accepts(ImageReference asked, SignedName signed) {
      return signed.isExactly(asked);
    }
  }

  /** The name in full; for an image that is asked for by a digest, its repository with any tag. */
  record MatchRepoDigestOrExact() implements SignedIdentity {
    @Override
    public String type() {
      return "matchRepoDigestOrExact";
    }

    @Override
    public boolean accepts(ImageReference asked, SignedName signed) {
      return asked.tag().isPresent()
          ? signed.isExactly(asked)
          : signed.exact().isPresent() && signed.repository().equals(asked.name());
    }
  }

  /** The repository. */
  record MatchRepository() implements SignedIdentity {
    @Override
    public String type() {
      return "matchRepository";
    }

    @Override
    public boolean accepts(ImageReference asked, SignedName signed) {
      return signed.repository().equals(asked.name());
    }
  }

  /** A name that the policy has, whatever the image is asked for as. */
  record ExactReference(ImageReference reference) implements SignedIdentity {
    @Override
    public String type() {
      return "exactReference";
    }

    @Override
    public boolean accepts(ImageReference asked, SignedName signed) {
      return signed.isExactly(reference);
    }
  }

  /** A repository that the policy has, whatever the image is asked for as. */
  record ExactRepository(String repository) implements SignedIdentity {
    @Override
    public String type() {
      return "exactRepository";
    }

    @Override
    public boolean accepts(ImageReference asked, SignedName signed) {
      return signed.repository().equals(repository);
    }
  }

  /** As {@link MatchRepoDigestOrExact}, with one beginning of the image's name for another. */
  record RemapIdentity(String prefix, String signedPrefix) implements SignedIdentity {
    @Override
    public String type() {
      return "remapIdentity";
    }

    @Override
    public boolean accepts(ImageReference asked, SignedName signed) {
      String name = asked.name();
      if (!name.equals(prefix) && !name.startsWith(prefix + "/")) {
        return new MatchRepoDigestOrExact().accepts(asked, signed);
      }
      String mapped = signedPrefix + asked.toString().substring(prefix.length());
      try {
        ImageReference reference = ImageReference.parse(mapped);
        return reference.toString().equals(mapped)
            && new MatchRepoDigestOrExact().accepts(reference, signed);
      } catch (ImageException e) {
        return false;
      }
    }
  }
}
