package dev.stockade.shim.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a terminal shows of what was written to it; refuses what it does not know. */
final class TerminalScreen {
  private static final Pattern SEQUENCE = Pattern.compile("\033\\[([0-9]*)([A-Za-z])");

  private final int columns;
  private final int rows;
  private final List<StringBuilder> lines = new ArrayList<>();
  private int row;
  private int column;

  TerminalScreen(int columns, int rows) {
    this.columns = columns;
    this.rows = rows;
    lines.add(new StringBuilder());
  }

  void write(String text) {
    Matcher sequence = SEQUENCE.matcher(text);
    int at = 0;
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c == '\033') {
        if (!sequence.find(at) || sequence.start() != at) {
          throw new AssertionError("an escape sequence that is none: " + text.substring(at));
        }
        obey(sequence.group(1), sequence.group(2));
        at = sequence.end();
        continue;
      }
      at++;
      if (c == '\n') {
        down();
        column = 0;
      } else if (c == '\r') {
        column = 0;
      } else {
        put(c);
      }
    }
  }

  private void put(char c) {
    if (c < ' ') {
      throw new AssertionError("a control character " + (int) c);
    }
    if (column == columns) {
      down();
      column = 0;
    }
    StringBuilder line = lines.get(row);
    while (line.length() <= column) {
      line.append(' ');
    }
    line.setCharAt(column++, c);
  }

  private void down() {
    row++;
    if (row == lines.size()) {
      lines.add(new StringBuilder());
    }
  }

  private void obey(String number, String command) {
    switch (command) {
      case "A" -> row = Math.max(Math.max(0, lines.size() - rows), row - Integer.parseInt(number));
      case "K" -> cut();
      case "J" -> {
        cut();
        lines.subList(row + 1, lines.size()).clear();
      }
      default -> throw new AssertionError("a sequence that ends in " + command);
    }
  }

  private void cut() {
    StringBuilder line = lines.get(row);
    line.setLength(Math.min(line.length(), column));
  }

  /** Everything that is or was on the screen, without the empty line of the cursor. */
  List<String> text() {
    List<String> text = new ArrayList<>(lines.stream().map(Object::toString).toList());
    while (!text.isEmpty() && text.get(text.size() - 1).isBlank()) {
      text.remove(text.size() - 1);
    }
    return text;
  }
}
