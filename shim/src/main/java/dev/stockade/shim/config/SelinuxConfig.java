package dev.stockade.shim.config;

/**
 * {@code [selinux]}.
 *
 * @param categories from how many, the first of the policy, each pod gets a pair of its own
 */
public record SelinuxConfig(int categories) {
  static final SelinuxConfig DEFAULT = new SelinuxConfig(1024);

  /** A pair takes two; the policies in use have 1024. */
  static SelinuxConfig read(Section section) {
    return new SelinuxConfig((int) section.number("categories", DEFAULT.categories, 2, 1024));
  }
}
