package dev.stockade.launcher.plan;

import dev.stockade.launcher.plan.Receipt.Outcome;
import java.util.List;

/**
 * How a value the kernel showed compares with the one asked for, by the rules of {@link
 * Constraint}.
 */
final class ValueComparison {
  /** The type of a mount whose file system is its source's. */
  static final String BIND = "bind";

  private static final int HEX = 16;

  private ValueComparison() {}

  static Outcome of(Constraint constraint, String expected, String value) {
    if (constraint.namespace().isPresent() && expected.startsWith(Claims.OWN_NOT)) {
      return match(!value.isEmpty() && !value.equals(expected.substring(Claims.OWN_NOT.length())));
    }
    if (expected.equals(value)) {
      return Outcome.MATCH;
    }
    return switch (constraint) {
      case CAPABILITIES_BOUNDING,
          CAPABILITIES_PERMITTED,
          CAPABILITIES_EFFECTIVE,
          CAPABILITIES_INHERITABLE,
          CAPABILITIES_AMBIENT ->
          capabilities(expected, value);
      case NO_NEW_PRIVS -> value.equals("1") ? Outcome.STRICTER : Outcome.MISMATCH;
      case MOUNTS_MOUNT -> mount(expected, value);
      case MOUNTS_MASKED, MOUNTS_READ_ONLY -> match(value.equals("absent"));
      case MOUNTS_ROOT -> value.equals("ro") ? Outcome.STRICTER : Outcome.MISMATCH;
      default -> Outcome.MISMATCH;
    };
  }

  private static Outcome match(boolean matches) {
    return matches ? Outcome.MATCH : Outcome.MISMATCH;
  }

  private static Outcome capabilities(String expected, String value) {
    try {
      long beyond = Long.parseUnsignedLong(value, HEX) & ~Long.parseUnsignedLong(expected, HEX);
      return beyond == 0 ? Outcome.STRICTER : Outcome.MISMATCH;
    } catch (NumberFormatException e) {
      return Outcome.MISMATCH;
    }
  }

  private static Outcome mount(String expected, String value) {
    String[] asked = expected.split(" ", 2);
    String[] shown = value.split(" ", 2);
    boolean type = asked[0].equals(BIND) || asked[0].equals(shown[0]);
    List<String> flags = shown.length < 2 ? List.of() : List.of(shown[1].split(","));
    boolean all = asked.length < 2 || flags.containsAll(List.of(asked[1].split(",")));
    return match(type && all);
  }
}
