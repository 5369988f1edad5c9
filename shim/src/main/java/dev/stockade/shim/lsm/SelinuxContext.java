package dev.stockade.shim.lsm;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A security context in its four parts, {@code user:role:type:level}. */
record SelinuxContext(String user, String role, String type, String level) {
  private static final Pattern FORM =
      Pattern.compile("([\\w.-]+):([\\w.-]+):([\\w.-]+):(s[0-9][\\w.,:-]*)");

  /** The parts of a context; empty for what is none, or has no level. */
  static Optional<SelinuxContext> parse(String text) {
    Matcher matcher = FORM.matcher(text);
    return matcher.matches()
        ? Optional.of(
            new SelinuxContext(
                matcher.group(1), matcher.group(2), matcher.group(3), matcher.group(4)))
        : Optional.empty();
  }

  SelinuxContext withType(String other) {
    return new SelinuxContext(user, role, other, level);
  }

  SelinuxContext withLevel(String other) {
    return new SelinuxContext(user, role, type, other);
  }

  @Override
  public String toString() {
    return user + ":" + role + ":" + type + ":" + level;
  }
}
