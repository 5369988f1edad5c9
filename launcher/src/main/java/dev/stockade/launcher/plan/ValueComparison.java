package dev.stockade.launcher.plan;

import dev.stockade.launcher.plan.Receipt.Outcome;
import java.util.List;
import java.util.Optional;

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
      case NO_NEW_PRIVS -> stricter(value.equals("1"));
      case MOUNTS_MOUNT -> mount(expected, value);
      case MOUNTS_TREE -> match(flags(value).containsAll(flags(expected)));
      case MOUNTS_MASKED, MOUNTS_READ_ONLY -> match(value.equals("absent"));
      case MOUNTS_ROOT -> stricter(value.equals("ro"));
      case SECCOMP_MODE -> stricter(expected.equals("disabled"));
      case CGROUP_PATH -> stricter(value.startsWith(expected + "/"));
      case PROCESS_RLIMIT -> rlimit(expected, value);
      case PROCESS_OOM_SCORE_ADJ -> stricter(isHigher(value, expected));
      default -> Outcome.MISMATCH;
    };
  }

  private static Outcome stricter(boolean stricter) {
    return stricter ? Outcome.STRICTER : Outcome.MISMATCH;
  }

  private static Outcome rlimit(String expected, String value) {
    Optional<LimitPair> asked = LimitPair.parse(expected);
    Optional<LimitPair> shown = LimitPair.parse(value);
    return stricter(asked.isPresent() && shown.isPresent() && shown.get().within(asked.get()));
  }

  private static boolean isHigher(String value, String than) {
    try {
      return Integer.parseInt(value) > Integer.parseInt(than);
    } catch (NumberFormatException e) {
      return false;
    }
  }

  private static Outcome match(boolean matches) {
    return matches ? Outcome.MATCH : Outcome.MISMATCH;
  }

  private static Outcome capabilities(String expected, String value) {
    try {
      long beyond = Long.parseUnsignedLong(value, HEX) & ~Long.parseUnsignedLong(expected, HEX);
      return stricter(beyond == 0);
    } catch (NumberFormatException e) {
      return Outcome.MISMATCH;
    }
  }

  private static Outcome mount(String expected, String value) {
    String[] asked = expected.split(" ", 2);
    String[] shown = value.split(" ", 2);
    boolean type = asked[0].equals(BIND) || asked[0].equals(shown[0]);
    List<String> flags = shown.length < 2 ? List.of() : flags(shown[1]);
    boolean all = asked.length < 2 || flags.containsAll(flags(asked[1]));
    return match(type && all);
  }

  private static List<String> flags(String list) {
    return List.of(list.split(","));
  }
}
