package dev.stockade.shim.explain;

/**
 * What gave a constraint.
 *
 * @param text the field with its path, the image's setting, the key of the configuration, or why
 */
public record Origin(Kind kind, String text) {
  /** What can give a constraint. */
  public enum Kind {
    /** A field of the request. */
    FIELD,
    /** The image. */
    IMAGE,
    /** A key of the node's configuration. */
    CONFIGURATION,
    /** What holds where nobody asks. */
    DEFAULT,
    /** What holds for every container of this runtime, or for every privileged one. */
    POLICY
  }

  static Origin field(String text) {
    return new Origin(Kind.FIELD, text);
  }

  static Origin image(String text) {
    return new Origin(Kind.IMAGE, text);
  }

  static Origin configuration(String text) {
    return new Origin(Kind.CONFIGURATION, text);
  }

  static Origin byDefault(String text) {
    return new Origin(Kind.DEFAULT, text);
  }

  static Origin policy(String text) {
    return new Origin(Kind.POLICY, text);
  }

  /** The kind as it is shown. */
  public String word() {
    return kind.name().toLowerCase(java.util.Locale.ROOT);
  }

  @Override
  public String toString() {
    return text.isEmpty() ? word() : word() + ": " + text;
  }
}
