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
    /** A device named by the Container Device Interface, whose file says so. */
    CDI,
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

  /**
   * A device with its file and the field that names it.
   *
   * @param text as {@link dev.stockade.shim.container.DeviceOrigins} says it
   */
  static Origin cdi(String text) {
    return new Origin(Kind.CDI, text);
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

  /** This and what devices add to it; as it is when they add nothing. */
  Origin and(String devices) {
    return devices.isEmpty() ? this : new Origin(kind, text + "; cdi: " + devices);
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
