package dev.stockade.shim.image;

import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A reference to a blob. Source: OCI image-spec, descriptor.md. */
record Descriptor(
    String mediaType,
    Digest digest,
    long size,
    Map<String, String> annotations,
    Optional<JsonDocument> platform) {
  private static final int MOST_ANNOTATIONS = 256;

  static Descriptor read(JsonDocument document) throws ImageException {
    long size = document.number("size");
    if (size < 0) {
      throw document.wrong("size", "is negative");
    }
    return new Descriptor(
        document.string("mediaType"),
        document.digest("digest"),
        size,
        document.stringMap("annotations", MOST_ANNOTATIONS),
        document.optionalObject("platform"));
  }

  boolean isOneOf(Set<String> mediaTypes) {
    return mediaTypes.contains(mediaType);
  }

  /** Whether it may be for the platform; one that does not say may be. */
  boolean suits(Platform wanted) throws ImageException {
    if (platform.isEmpty()) {
      return true;
    }
    JsonDocument given = platform.get();
    return wanted.runs(
        given.string("os"), given.string("architecture"), given.optionalString("variant"));
  }

  /** What it says it is for, for messages. */
  String platformName() throws ImageException {
    if (platform.isEmpty()) {
      return "any";
    }
    JsonDocument given = platform.get();
    String variant = given.optionalString("variant").map(text -> "/" + text).orElse("");
    return Quoted.of(given.string("os") + "/" + given.string("architecture") + variant);
  }
}
