package dev.stockade.shim.receipt;

import dev.stockade.launcher.plan.Receipt;
import java.util.List;
import java.util.stream.Collectors;

/** What was asked for and is not in effect, because the configuration allows it to be missing. */
public final class Degradations {
  private static final int MOST = 16;

  private Degradations() {}

  /** In words, one constraint after the other; empty when all is as asked. */
  public static String of(ReceiptRecord receipt) {
    List<String> all =
        receipt.rows().stream()
            .filter(row -> row.outcome().equals(Receipt.Outcome.DEGRADED.label()))
            .map(Degradations::text)
            .toList();
    String more = all.size() > MOST ? ", and " + (all.size() - MOST) + " more" : "";
    return all.stream().limit(MOST).collect(Collectors.joining(", ", "", more));
  }

  private static String text(ReceiptRecord.Row row) {
    return row.constraint()
        + (row.subject().isEmpty() ? "" : " " + ReceiptTable.cut(row.subject()))
        + " (asked for "
        + ReceiptTable.cut(row.asked())
        + ", the kernel shows "
        + ReceiptTable.cut(row.kernel())
        + ")";
  }
}
