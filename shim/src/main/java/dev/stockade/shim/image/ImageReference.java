package dev.stockade.shim.image;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The name of an image, normalised as Docker does: {@code busybox} is {@code
 * docker.io/library/busybox:latest}. At least one of tag and digest is present. Source: the grammar
 * of the OCI distribution-spec ("Pulling manifests") and the name rules of the Docker command line.
 *
 * @param domain the registry, with its port if it has one
 * @param path the repository within the registry
 */
public record ImageReference(
    String domain, String path, Optional<String> tag, Optional<Digest> digest)
    implements Comparable<ImageReference> {
  private static final int LONGEST_NAME = 255;
  private static final int LONGEST = LONGEST_NAME + 1 + 128 + 1 + 7 + 128;
  private static final String DEFAULT_DOMAIN = "docker.io";
  private static final String DEFAULT_TAG = "latest";

  private static final Pattern PATH =
      Pattern.compile(
          "[a-z0-9]++(?:(?:\\.|__?|-++)[a-z0-9]++)*+(?:/[a-z0-9]++(?:(?:\\.|__?|-++)[a-z0-9]++)*+)*+");
  private static final Pattern HOST =
      Pattern.compile(
          "(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*+"
              + "|\\[[0-9a-fA-F:]{2,39}])(?::[0-9]{1,5})?");
  private static final Pattern TAG = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}");

  /** Refuses parts that the grammar does not allow, so that no other way of making one exists. */
  public ImageReference {
    if (!HOST.matcher(domain).matches()
        || !PATH.matcher(path).matches()
        || tag.filter(t -> !TAG.matcher(t).matches()).isPresent()
        || (tag.isEmpty() && digest.isEmpty())) {
      throw new IllegalArgumentException(
          "not the parts of an image reference: " + Quoted.of(domain + "/" + path));
    }
  }

  /**
   * Reads {@code [domain/]path[:tag][@digest]}; anything else is {@link
   * ImageException.Kind#MALFORMED}.
   */
  public static ImageReference parse(String text) throws ImageException {
    if (text.length() > LONGEST) {
      throw malformed(text, "is longer than " + LONGEST + " characters");
    }
    String rest = text;
    Optional<Digest> digest = Optional.empty();
    int at = rest.indexOf('@');
    if (at >= 0) {
      digest = Optional.of(Digest.parse(rest.substring(at + 1)));
      rest = rest.substring(0, at);
    }
    Optional<String> tag = Optional.empty();
    int colon = rest.lastIndexOf(':');
    if (colon > rest.lastIndexOf('/')) {
      tag = Optional.of(rest.substring(colon + 1));
      rest = rest.substring(0, colon);
    }
    if (tag.isEmpty() && digest.isEmpty()) {
      tag = Optional.of(DEFAULT_TAG);
    }
    return ofParts(text, rest, tag, digest);
  }

  private static ImageReference ofParts(
      String text, String name, Optional<String> tag, Optional<Digest> digest)
      throws ImageException {
    if (name.isEmpty()) {
      throw malformed(text, "has no repository name");
    }
    int slash = name.indexOf('/');
    boolean hasDomain = slash > 0 && looksLikeDomain(name.substring(0, slash));
    String domain = hasDomain ? name.substring(0, slash) : DEFAULT_DOMAIN;
    String path = hasDomain ? name.substring(slash + 1) : name;
    if (domain.equals("index.docker.io")) {
      domain = DEFAULT_DOMAIN;
    }
    if (domain.equals(DEFAULT_DOMAIN) && path.indexOf('/') < 0) {
      if (Digest.isHex(path, 64)) {
        throw malformed(text, "is 64 hex digits, which is an image id; write sha256: before it");
      }
      path = "library/" + path;
    }
    if (domain.length() + 1 + path.length() > LONGEST_NAME) {
      throw malformed(text, "has a name longer than " + LONGEST_NAME + " characters");
    }
    if (!HOST.matcher(domain).matches()) {
      throw malformed(text, "names no valid registry host before the first /");
    }
    if (!PATH.matcher(path).matches()) {
      throw malformed(
          text,
          "has a repository that is not lower case letters and digits parted by . _ __ - and /");
    }
    if (tag.isPresent() && !TAG.matcher(tag.get()).matches()) {
      throw malformed(
          text, "has a tag that is not 1 to 128 of letters, digits, _ . - (not first: . -)");
    }
    return new ImageReference(domain, path, tag, digest);
  }

  private static boolean looksLikeDomain(String first) {
    return first.indexOf('.') >= 0
        || first.indexOf(':') >= 0
        || first.equals("localhost")
        || first.chars().anyMatch(c -> c >= 'A' && c <= 'Z');
  }

  private static ImageException malformed(String text, String why) {
    return ImageException.malformed("image reference " + Quoted.of(text) + " " + why);
  }

  /** Registry and repository, without tag and digest. */
  public String name() {
    return domain + "/" + path;
  }

  ImageReference withTag(String newTag) {
    return new ImageReference(domain, path, Optional.of(newTag), Optional.empty());
  }

  /** The same repository, named by a digest alone. */
  public ImageReference withDigest(Digest newDigest) {
    return new ImageReference(domain, path, Optional.empty(), Optional.of(newDigest));
  }

  @Override
  public int compareTo(ImageReference other) {
    return toString().compareTo(other.toString());
  }

  @Override
  public String toString() {
    return name() + tag.map(t -> ":" + t).orElse("") + digest.map(d -> "@" + d).orElse("");
  }
}
