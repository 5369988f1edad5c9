package dev.stockade.shim.cli;

import dev.stockade.cri.v1.Int64Value;
import dev.stockade.cri.v1.LinuxContainerSecurityContext;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A value of {@code --user}. What looks like a number is a number.
 *
 * @param name user name; empty if it was given by number, or not at all
 */
record UserFlag(OptionalLong user, String name, OptionalLong group) {
  private static final Pattern FORM =
      Pattern.compile("(?:(\\d{1,10})|([a-zA-Z_][-.\\w]{0,31}))(?::(\\d{1,10}))?");

  static UserFlag parse(String text) {
    if (text.isEmpty()) {
      return new UserFlag(OptionalLong.empty(), "", OptionalLong.empty());
    }
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      throw CommandFailure.usage("--user " + text + ": write UID, NAME, UID:GID or NAME:GID");
    }
    String name = matcher.group(2) == null ? "" : matcher.group(2);
    return new UserFlag(number(matcher.group(1)), name, number(matcher.group(3)));
  }

  void into(LinuxContainerSecurityContext.Builder security) {
    user.ifPresent(id -> security.setRunAsUser(Int64Value.newBuilder().setValue(id)));
    security.setRunAsUsername(name);
    group.ifPresent(id -> security.setRunAsGroup(Int64Value.newBuilder().setValue(id)));
  }

  private static OptionalLong number(@Nullable String digits) {
    return digits == null ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(digits));
  }
}
