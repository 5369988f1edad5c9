package dev.stockade.launcher.plan;

import dev.stockade.launcher.caps.CapabilitySet;
import dev.stockade.launcher.plan.Receipt.Outcome;
import dev.stockade.launcher.plan.Receipt.Row;
import java.util.ArrayList;
import java.util.List;

/** A receipt as a table for people. */
public final class ReceiptText {
  private static final int MAX_COLUMN = 48;
  private static final int DIGEST = 19;
  private static final List<String> TITLES = List.of("CONSTRAINT", "ASKED", "KERNEL", "RESULT");

  private ReceiptText() {}

  /** Columns aligned; long values cut in the table, mismatches told in full below. */
  public static String render(Receipt receipt) {
    List<List<String>> lines = new ArrayList<>();
    lines.add(TITLES);
    receipt.rows().forEach(row -> lines.add(cells(row)));
    StringBuilder out = new StringBuilder();
    int[] widths = widths(lines);
    for (List<String> line : lines) {
      out.append(line(line, widths)).append('\n');
    }
    out.append("verified: ")
        .append(receipt.verification().label())
        .append(summary(receipt))
        .append('\n');
    receipt.mismatches().forEach(row -> out.append(explain(row)).append('\n'));
    return out.toString();
  }

  private static List<String> cells(Row row) {
    String name =
        row.subject().isEmpty()
            ? row.constraint().label()
            : row.constraint().label() + " " + row.subject();
    return List.of(cut(name), cut(row.asked()), cut(row.kernel()), row.outcome().label());
  }

  private static String cut(String value) {
    String line = PlanText.printable(value);
    if (line.startsWith("sha256:") && line.length() > DIGEST) {
      return line.substring(0, DIGEST) + "…";
    }
    return line.length() <= MAX_COLUMN ? line : line.substring(0, MAX_COLUMN - 1) + "…";
  }

  private static int[] widths(List<List<String>> lines) {
    int[] widths = new int[TITLES.size()];
    for (List<String> line : lines) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], line.get(i).codePointCount(0, line.get(i).length()));
      }
    }
    return widths;
  }

  private static String line(List<String> cells, int[] widths) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < cells.size(); i++) {
      String cell = cells.get(i);
      out.append(cell);
      if (i + 1 < cells.size()) {
        out.append(" ".repeat(widths[i] - cell.codePointCount(0, cell.length()) + 2));
      }
    }
    return out.toString();
  }

  private static String summary(Receipt receipt) {
    long degraded = receipt.rows().stream().filter(r -> r.outcome() == Outcome.DEGRADED).count();
    int wrong = receipt.mismatches().size();
    return ", "
        + receipt.rows().size()
        + " constraints"
        + (degraded > 0 ? ", " + degraded + " degraded" : "")
        + (wrong > 0 ? ", " + wrong + " NOT AS ASKED" : "");
  }

  /** One mismatch in a sentence, capabilities by name. */
  public static String explain(Row row) {
    String name = row.subject().isEmpty() ? "" : " of " + PlanText.printable(row.subject());
    String what = row.constraint().label() + name + ": asked ";
    if (row.constraint().label().startsWith("capabilities.")) {
      return what + named(row.asked()) + ", the kernel shows " + named(row.kernel());
    }
    return what
        + PlanText.printable(row.asked())
        + ", the kernel shows "
        + PlanText.printable(row.kernel());
  }

  private static String named(String hex) {
    try {
      return new CapabilitySet(Long.parseUnsignedLong(hex, 16)).toString();
    } catch (NumberFormatException e) {
      return PlanText.printable(hex);
    }
  }
}
