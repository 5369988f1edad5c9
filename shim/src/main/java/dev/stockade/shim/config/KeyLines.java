package dev.stockade.shim.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds the line of every key of a TOML document that a parser has accepted, because the parser in
 * use does not tell lines. Keys within inline tables have the line of the table. Source: TOML
 * v1.0.0.
 */
final class KeyLines {
  private final String text;
  private final Map<String, Integer> lines = new HashMap<>();
  private List<String> table = List.of();
  private int at;
  private int line = 1;

  private KeyLines(String text) {
    this.text = text;
  }

  /** Lines from 1 by {@link KeyPath}; tables are in it too. */
  static Map<String, Integer> of(String text) {
    KeyLines reader = new KeyLines(text);
    while (reader.skipBlank()) {
      reader.statement();
    }
    return reader.lines;
  }

  private char peek() {
    return at < text.length() ? text.charAt(at) : '\0';
  }

  private char next() {
    char c = peek();
    if (c == '\n') {
      line++;
    }
    at++;
    return c;
  }

  /** Passes blanks, empty lines and comments; false at the end. */
  private boolean skipBlank() {
    while (at < text.length()) {
      if (peek() == '#') {
        skipLine();
      } else if (Character.isWhitespace(peek())) {
        next();
      } else {
        return true;
      }
    }
    return false;
  }

  private void skipLine() {
    while (at < text.length() && peek() != '\n') {
      next();
    }
  }

  private void statement() {
    int start = line;
    if (peek() == '[') {
      while (peek() == '[') {
        next();
      }
      table = key();
      lines.putIfAbsent(KeyPath.of(table), start);
      skipLine();
      return;
    }
    List<String> path = new ArrayList<>(table);
    path.addAll(key());
    lines.putIfAbsent(KeyPath.of(path), start);
    skipValue();
  }

  /** A dotted key, up to the {@code =} or {@code ]} behind it. */
  private List<String> key() {
    List<String> parts = new ArrayList<>();
    while (at < text.length()) {
      char c = peek();
      if (c == '"' || c == '\'') {
        parts.add(quoted());
      } else if (c == '=' || c == ']' || c == '\n') {
        return parts;
      } else if (c == '.' || Character.isWhitespace(c)) {
        next();
      } else {
        parts.add(bare());
      }
    }
    return parts;
  }

  private String bare() {
    int start = at;
    while (at < text.length() && ".=] \t\n\r".indexOf(peek()) < 0) {
      next();
    }
    return text.substring(start, at);
  }

  private String quoted() {
    int start = at + 1;
    skipString();
    int end = Math.min(text.length(), at) - 1;
    return end < start ? "" : text.substring(start, end);
  }

  /** Passes a value to the end of its line, or of the line its last bracket closes on. */
  private void skipValue() {
    int depth = 0;
    while (at < text.length()) {
      char c = peek();
      if (c == '"' || c == '\'') {
        skipString();
      } else if (c == '#') {
        skipLine();
      } else {
        next();
        depth += c == '[' || c == '{' ? 1 : c == ']' || c == '}' ? -1 : 0;
        if (c == '\n' && depth <= 0) {
          return;
        }
      }
    }
  }

  /** Passes a string of any of the four kinds. */
  private void skipString() {
    char quote = next();
    boolean multiline = text.startsWith(String.valueOf(quote).repeat(2), at);
    if (!multiline) {
      skipUntil(String.valueOf(quote), quote == '"');
      return;
    }
    next();
    next();
    skipUntil(String.valueOf(quote).repeat(3), quote == '"');
    while (peek() == quote) {
      next();
    }
  }

  private void skipUntil(String end, boolean escapes) {
    while (at < text.length() && !text.startsWith(end, at)) {
      if (next() == '\\' && escapes) {
        next();
      }
    }
    for (int i = 0; i < end.length(); i++) {
      next();
    }
  }
}
