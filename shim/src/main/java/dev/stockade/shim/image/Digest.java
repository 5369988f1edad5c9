package dev.stockade.shim.image;

import dev.stockade.launcher.linux.LibraryDigest;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;

/**
 * The digest of some content, {@code algorithm:hex} with the hex digits in lower case and of the
 * length of the algorithm. Nothing else ever becomes part of a path, because a digest string from
 * an image is hostile (CVE-2024-3727). Source: OCI image-spec, descriptor.md, "Digests".
 */
public record Digest(Algorithm algorithm, String hex) implements Comparable<Digest> {

  /** The algorithms the OCI image-spec registers. */
  public enum Algorithm {
    /** SHA-256, 64 hex digits. */
    SHA256("SHA-256", 64),
    /** SHA-512, 128 hex digits. */
    SHA512("SHA-512", 128);

    private final String jcaName;
    private final int digits;

    Algorithm(String jcaName, int digits) {
      this.jcaName = jcaName;
      this.digits = digits;
    }

    /** The name as it stands before the colon. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** For much content. */
    MessageDigest streamHasher() {
      return LibraryDigest.of(jcaName);
    }

    MessageDigest hasher() {
      try {
        return MessageDigest.getInstance(jcaName);
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("every JDK has " + jcaName, e);
      }
    }
  }

  /** Refuses hex digits that are not of this algorithm. */
  public Digest {
    if (!isHex(hex, algorithm.digits)) {
      throw new IllegalArgumentException(
          "not " + algorithm.digits + " lower case hex digits: " + Quoted.of(hex));
    }
  }

  /**
   * Reads {@code sha256:...} or {@code sha512:...}; anything else is {@link
   * ImageException.Kind#MALFORMED}.
   */
  public static Digest parse(String text) throws ImageException {
    for (Algorithm algorithm : Algorithm.values()) {
      String prefix = algorithm.label() + ":";
      if (text.startsWith(prefix) && isHex(text.substring(prefix.length()), algorithm.digits)) {
        return new Digest(algorithm, text.substring(prefix.length()));
      }
    }
    throw ImageException.malformed(
        "digest "
            + Quoted.of(text)
            + " is not sha256:<64 hex digits> or sha512:<128 hex digits>, in lower case");
  }

  /** The digest in {@code text}, or nothing when it is not one. */
  public static Optional<Digest> tryParse(String text) {
    try {
      return Optional.of(parse(text));
    } catch (ImageException e) {
      return Optional.empty();
    }
  }

  /** The SHA-256 of some content. */
  public static Digest sha256(byte[] content) {
    return of(Algorithm.SHA256, content);
  }

  /** The digest of some content. */
  public static Digest of(Algorithm algorithm, byte[] content) {
    return ofHash(algorithm, algorithm.hasher().digest(content));
  }

  static Digest ofHash(Algorithm algorithm, byte[] hash) {
    return new Digest(algorithm, HexFormat.of().formatHex(hash));
  }

  static boolean isHex(String text, int digits) {
    return text.length() == digits && text.chars().allMatch(Digest::isHexDigit);
  }

  static boolean isHexDigit(int c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  }

  @Override
  public int compareTo(Digest other) {
    return toString().compareTo(other.toString());
  }

  @Override
  public String toString() {
    return algorithm.label() + ":" + hex;
  }
}
