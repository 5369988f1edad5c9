package dev.stockade.shim.cli;

/** Text of others made harmless for a terminal: names, labels and messages come from anybody. */
final class PlainText {
  private PlainText() {}

  /** One line: every control character, line breaks among them, becomes {@code ?}. */
  static String line(String text) {
    return replaced(text, false);
  }

  /** Several lines: line breaks and tabs stay, every other control character becomes {@code ?}. */
  static String lines(String text) {
    return replaced(text, true);
  }

  private static String replaced(String text, boolean breaks) {
    if (text.chars().noneMatch(c -> forbidden((char) c, breaks))) {
      return text;
    }
    StringBuilder out = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      out.append(forbidden(c, breaks) ? '?' : c);
    }
    return out.toString();
  }

  /** Format characters count: a right-to-left override makes one name look like another. */
  static boolean forbidden(char c, boolean breaks) {
    if (breaks && (c == '\n' || c == '\t')) {
      return false;
    }
    return Character.isISOControl(c)
        || Character.getType(c) == Character.FORMAT
        || c == '\u2028'
        || c == '\u2029';
  }
}
