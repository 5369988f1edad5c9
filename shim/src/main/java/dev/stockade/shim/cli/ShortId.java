package dev.stockade.shim.cli;

/** Ids as people read and type them. */
final class ShortId {
  private static final int LENGTH = 13;

  private ShortId() {}

  /** The first thirteen characters, as {@code crictl} shows. */
  static String of(String id) {
    String digest = id.startsWith("sha256:") ? id.substring("sha256:".length()) : id;
    return digest.length() <= LENGTH ? digest : digest.substring(0, LENGTH);
  }
}
