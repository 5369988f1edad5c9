package dev.stockade.shim.config;

/**
 * {@code [apparmor]}.
 *
 * @param unsetProfile what a container gets whose request has no AppArmor profile, on a node with
 *     AppArmor
 */
public record AppArmorConfig(UnsetProfile unsetProfile) {
  static final AppArmorConfig DEFAULT = new AppArmorConfig(UnsetProfile.RUNTIME_DEFAULT);

  /** The profile of those that ask for none. */
  public enum UnsetProfile {
    /** None. */
    UNCONFINED,
    /** The runtime's default profile. */
    RUNTIME_DEFAULT
  }

  static AppArmorConfig read(Section section) {
    return new AppArmorConfig(section.choice("unset_profile", DEFAULT.unsetProfile));
  }
}
