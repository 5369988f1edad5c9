package dev.stockade.shim.intent;

import dev.stockade.cri.v1.SELinuxOption;
import java.util.Optional;
import java.util.regex.Pattern;

/** Reads what is asked of an SELinux context; whether the policy knows it is the node's to say. */
final class SelinuxReader {
  private static final int MAX_BYTES = 255;
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]*");
  private static final String CATEGORIES = "(:c[0-9]{1,4}([.,]c[0-9]{1,4})*)?";
  private static final String SENSITIVITY = "s[0-9]{1,2}" + CATEGORIES;
  private static final Pattern LEVEL = Pattern.compile(SENSITIVITY + "(-" + SENSITIVITY + ")?");

  private final Problems problems;
  private final String field;

  SelinuxReader(Problems problems, String securityContext) {
    this.problems = problems;
    this.field = securityContext + ".selinux_options";
  }

  /** Options whose parts are all empty ask for nothing, as the peers treat them. */
  Optional<SelinuxIntent> read(boolean present, SELinuxOption options) {
    SelinuxIntent intent =
        new SelinuxIntent(
            options.getUser(), options.getRole(), options.getType(), options.getLevel());
    if (!present || intent.equals(new SelinuxIntent("", "", "", ""))) {
      return Optional.empty();
    }
    String name = "use letters, digits, '_', '-' and '.'";
    check("user", intent.user(), NAME, name);
    check("role", intent.role(), NAME, name);
    check("type", intent.type(), NAME, name);
    check("level", intent.level(), LEVEL, "write it like s0:c1,c2");
    return Optional.of(intent);
  }

  private void check(String part, String value, Pattern form, String remedy) {
    boolean fits = value.length() <= MAX_BYTES && form.matcher(value).matches();
    if (!value.isEmpty() && !fits) {
      problems.invalid(
          field + "." + part,
          TextRules.quoted(value) + " is no " + part + " of an SELinux context",
          remedy);
    }
  }
}
