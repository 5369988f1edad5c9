package dev.stockade.shim.intent;

import dev.stockade.cri.v1.SELinuxOption;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** Reads what is asked of an SELinux context; whether the policy knows it is the node's to say. */
final class SelinuxReader {
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
    check("user", intent.user(), SelinuxIntent::isName, name);
    check("role", intent.role(), SelinuxIntent::isName, name);
    check("type", intent.type(), SelinuxIntent::isName, name);
    check("level", intent.level(), SelinuxReader::isLevel, "write it like s0:c1,c2");
    return Optional.of(intent);
  }

  private static boolean isLevel(String text) {
    return text.length() <= SelinuxIntent.MAX_BYTES && LEVEL.matcher(text).matches();
  }

  private void check(String part, String value, Predicate<String> form, String remedy) {
    if (!value.isEmpty() && !form.test(value)) {
      problems.invalid(
          field + "." + part,
          TextRules.quoted(value) + " is no " + part + " of an SELinux context",
          remedy);
    }
  }
}
