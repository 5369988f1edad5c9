package dev.stockade.shim.config;

/**
 * {@code [verify]}.
 *
 * @param require what a launch needs to be verified
 */
public record VerifyConfig(Requirement require) {
  static final VerifyConfig DEFAULT = new VerifyConfig(Requirement.WHEN_POSSIBLE);

  /** When constraints are read back from the kernel. */
  public enum Requirement {
    /** Before the first instruction where this host allows it, else right after exec. */
    WHEN_POSSIBLE,
    /** Before the first instruction; where that is impossible the launch is refused. */
    BEFORE_EXEC
  }

  static VerifyConfig read(Section section) {
    return new VerifyConfig(section.choice("require", DEFAULT.require));
  }
}
