package dev.stockade.shim.config;

/**
 * {@code [seccomp]}.
 *
 * @param unsetProfile what a container gets whose request has no seccomp profile
 */
public record SeccompConfig(UnsetProfile unsetProfile) {
  static final SeccompConfig DEFAULT = new SeccompConfig(UnsetProfile.UNCONFINED);

  /** The profile of those that ask for none. */
  public enum UnsetProfile {
    /** None, as CRI says. */
    UNCONFINED,
    /** The runtime's default profile. */
    RUNTIME_DEFAULT
  }

  static SeccompConfig read(Section section) {
    return new SeccompConfig(section.choice("unset_profile", DEFAULT.unsetProfile));
  }
}
