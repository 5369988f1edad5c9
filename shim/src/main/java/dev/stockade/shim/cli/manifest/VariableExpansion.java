package dev.stockade.shim.cli.manifest;

import java.util.Map;

/**
 * References to environment variables in commands, arguments and values: {@code $(NAME)} stands for
 * a variable's value, {@code $$} for one dollar sign. A reference to a variable that is not defined
 * stays as it is written.
 */
final class VariableExpansion {
  private VariableExpansion() {}

  static String expand(String text, Map<String, String> variables) {
    StringBuilder out = new StringBuilder(text.length());
    int at = 0;
    while (at < text.length()) {
      char c = text.charAt(at);
      boolean last = at + 1 == text.length();
      if (c != '$' || last) {
        out.append(c);
        at++;
      } else if (text.charAt(at + 1) == '$') {
        out.append('$');
        at += 2;
      } else {
        at = reference(text, at, variables, out);
      }
    }
    return out.toString();
  }

  /** Appends what stands at a dollar sign and returns where to go on. */
  private static int reference(
      String text, int at, Map<String, String> variables, StringBuilder out) {
    int close = text.charAt(at + 1) == '(' ? text.indexOf(')', at + 2) : -1;
    if (close < 0) {
      out.append('$');
      return at + 1;
    }
    String name = text.substring(at + 2, close);
    String value = variables.get(name);
    out.append(value == null ? text.substring(at, close + 1) : value);
    return close + 1;
  }
}
