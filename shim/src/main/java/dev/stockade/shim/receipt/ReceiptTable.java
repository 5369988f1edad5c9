package dev.stockade.shim.receipt;

import java.util.ArrayList;
import java.util.List;

/**
 * A receipt as a table for people: a line per constraint, what was asked beside what the kernel
 * showed.
 */
public final class ReceiptTable {
  /** Values such as the rules of a device program are long; the whole is in the JSON. */
  private static final int WIDEST = 48;

  private static final List<String> HEAD =
      List.of("CONSTRAINT", "SUBJECT", "ASKED", "KERNEL", "OUTCOME");

  private ReceiptTable() {}

  /** The table, each line ended by a line feed. */
  public static String of(ReceiptRecord receipt) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(HEAD);
    for (ReceiptRecord.Row row : receipt.rows()) {
      rows.add(
          List.of(
              row.constraint(),
              cut(row.subject()),
              cut(row.asked()),
              cut(row.kernel()),
              row.outcome()));
    }
    int[] widths = new int[HEAD.size()];
    for (List<String> row : rows) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    StringBuilder text = new StringBuilder();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        String cell = row.get(i);
        line.append(cell).append(" ".repeat(widths[i] - cell.length() + 2));
      }
      text.append(line.toString().stripTrailing()).append('\n');
    }
    return text.append("verified: ").append(receipt.verification()).append('\n').toString();
  }

  static String cut(String value) {
    String plain = value.replaceAll("\\p{Cntrl}", "?");
    return plain.length() > WIDEST ? plain.substring(0, WIDEST - 1) + "…" : plain;
  }
}
