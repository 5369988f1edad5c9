package dev.stockade.shim.cli;

import java.util.ArrayList;
import java.util.List;

/** Rows in aligned columns, two spaces apart, under upper-case headings. */
final class Table {
  private static final String GAP = "  ";

  private final List<List<Cell>> rows = new ArrayList<>();

  Table(String... headings) {
    rows.add(List.of(headings).stream().map(Cell::plain).toList());
  }

  /** One cell and the colour it has on a terminal. */
  record Cell(String text, Colour colour) {
    static Cell plain(String text) {
      return new Cell(text, Colour.NONE);
    }
  }

  /** Colours of states, as SGR sequences (ECMA-48). */
  enum Colour {
    NONE(""),
    GOOD("\033[32m"),
    WAITING("\033[33m"),
    BAD("\033[31m"),
    FAINT("\033[2m");

    private final String start;

    Colour(String start) {
      this.start = start;
    }

    private String around(String text) {
      return this == NONE ? text : start + text + "\033[0m";
    }
  }

  void row(String... cells) {
    row(List.of(cells).stream().map(Cell::plain).toList());
  }

  void row(List<Cell> cells) {
    if (cells.size() != rows.get(0).size()) {
      throw new IllegalArgumentException(
          cells.size() + " cells for " + rows.get(0).size() + " columns");
    }
    rows.add(cells.stream().map(Table::harmless).toList());
  }

  /** The lines of the table, without trailing blanks. */
  List<String> lines(boolean colours) {
    int[] widths = widths();
    return rows.stream().map(row -> line(row, widths, colours)).toList();
  }

  void print(Output output) {
    lines(output.colours()).forEach(output.out()::println);
  }

  private static Cell harmless(Cell cell) {
    String text = PlainText.line(cell.text());
    return new Cell(text.isEmpty() ? "-" : text, cell.colour());
  }

  private int[] widths() {
    int[] widths = new int[rows.get(0).size()];
    for (List<Cell> row : rows) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], length(row.get(i)));
      }
    }
    return widths;
  }

  private static String line(List<Cell> row, int[] widths, boolean colours) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < row.size(); i++) {
      Cell cell = row.get(i);
      line.append(colours ? cell.colour().around(cell.text()) : cell.text());
      if (i < row.size() - 1) {
        line.append(" ".repeat(widths[i] - length(cell))).append(GAP);
      }
    }
    return line.toString();
  }

  private static int length(Cell cell) {
    return cell.text().codePointCount(0, cell.text().length());
  }
}
