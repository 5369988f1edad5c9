package dev.stockade.shim.journal;

/**
 * Makes hostile text safe within one line: nothing that ends a line, moves the cursor, turns the
 * direction of writing or is half a character gets through, because a forged line looks like ours.
 */
final class Escape {
  private Escape() {}

  /** The text, escaped and cut at {@code most} characters. */
  static String of(String text, int most) {
    StringBuilder safe = new StringBuilder(Math.min(text.length(), most) + 8);
    int at = 0;
    while (at < text.length() && at < most) {
      int c = text.codePointAt(at);
      append(safe, c);
      at += Character.charCount(c);
    }
    if (at < text.length()) {
      safe.append("...");
    }
    return safe.toString();
  }

  private static void append(StringBuilder safe, int c) {
    if (c == '\n') {
      safe.append("\\n");
    } else if (c == '\t') {
      safe.append("\\t");
    } else if (c == '\\') {
      safe.append("\\\\");
    } else if (isSafe(c)) {
      safe.appendCodePoint(c);
    } else if (c < 0x10000) {
      safe.append(String.format("\\u%04x", c));
    } else {
      safe.append(
          String.format(
              "\\u%04x\\u%04x", (int) Character.highSurrogate(c), (int) Character.lowSurrogate(c)));
    }
  }

  private static boolean isSafe(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.PRIVATE_USE,
          Character.UNASSIGNED ->
          false;
      default -> true;
    };
  }

  /** As {@link #of}, in quotes where the text could be taken for more than one value. */
  static String value(String text, int most) {
    String safe = of(text, most);
    boolean plain =
        !safe.isEmpty()
            && safe.chars().noneMatch(c -> c == ' ' || c == '"' || c == '=' || c == '\\');
    return plain ? safe : '"' + safe.replace("\"", "\\\"") + '"';
  }
}
