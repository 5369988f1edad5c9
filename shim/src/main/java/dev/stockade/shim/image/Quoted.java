package dev.stockade.shim.image;

/** A hostile string as it may stand in a message: in quotes, printable, at most 80 characters. */
public final class Quoted {
  private static final int LONGEST = 80;

  private Quoted() {}

  /** Puts the text in quotes. */
  public static String of(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (int i = 0; i < text.length() && i < LONGEST; i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        quoted.append('\\').append(c);
      } else if (c >= ' ' && c < 0x7f) {
        quoted.append(c);
      } else {
        quoted.append(String.format("\\u%04x", (int) c));
      }
    }
    if (text.length() > LONGEST) {
      quoted.append("...");
    }
    return quoted.append('"').toString();
  }
}
