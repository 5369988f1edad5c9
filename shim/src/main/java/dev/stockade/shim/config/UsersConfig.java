package dev.stockade.shim.config;

/**
 * {@code [users]}.
 *
 * @param root which containers may run as uid 0
 */
public record UsersConfig(Root root) {
  static final UsersConfig DEFAULT = new UsersConfig(Root.ALLOW);

  /** Which containers may run as uid 0. */
  public enum Root {
    /** All. */
    ALLOW,
    /** Those whose pod has a user namespace of its own. */
    USER_NAMESPACE,
    /** None. */
    REFUSE
  }

  static UsersConfig read(Section section) {
    return new UsersConfig(section.choice("root", DEFAULT.root));
  }
}
