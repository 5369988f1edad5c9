package dev.stockade.launcher.plan;

import java.util.Optional;

/**
 * The name of one AppArmor profile, as a launch may ask for it: what a process writes to {@code
 * attr/apparmor/exec} could also name a stack of profiles or another policy namespace.
 */
public final class AppArmorName {
  /** What is to be done about a name with a problem. */
  public static final String REMEDY =
      "name one profile as /sys/kernel/security/apparmor/profiles lists it";

  private static final int LONGEST = 1024;
  private static final String STACK = "//&";

  private AppArmorName() {}

  /** Why this is not the name of one profile, if it is not. */
  public static Optional<String> problem(String name) {
    if (name.isEmpty() || name.length() > LONGEST) {
      return Optional.of("has not 1 to " + LONGEST + " characters");
    }
    if (name.chars().anyMatch(c -> c <= ' ' || c > '~')) {
      return Optional.of("has a space, a control character or one that is not ASCII");
    }
    if (name.startsWith(":")) {
      return Optional.of("names another policy namespace");
    }
    if (name.contains(STACK)) {
      return Optional.of("stacks several profiles");
    }
    char first = name.charAt(0);
    boolean begins = Character.isLetterOrDigit(first) || first == '/' || first == '_';
    return begins
        ? Optional.empty()
        : Optional.of("begins with neither a letter, a digit, _ nor /");
  }
}
