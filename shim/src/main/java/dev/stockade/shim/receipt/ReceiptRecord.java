package dev.stockade.shim.receipt;

import dev.stockade.launcher.plan.Constraint;
import dev.stockade.launcher.plan.Receipt;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A receipt as it is stored and shown: plain words, so that a later build can read it whatever
 * constraints it knows.
 *
 * @param verification when the kernel was asked, e.g. {@code before-exec}
 */
public record ReceiptRecord(String verification, List<Row> rows) {
  /** One constraint: what was asked and what the kernel showed. */
  public record Row(
      String constraint,
      String subject,
      String asked,
      String kernel,
      String outcome,
      String source) {}

  /**
   * The receipt in plain words.
   *
   * @param unenforced limits that were left out, with what was asked
   */
  public static ReceiptRecord of(Receipt receipt, Map<String, String> unenforced) {
    List<Row> rows = new ArrayList<>();
    for (Receipt.Row row : receipt.rows()) {
      rows.add(
          new Row(
              row.constraint().label(),
              row.subject(),
              row.asked(),
              row.kernel(),
              row.outcome().label(),
              row.source()));
    }
    unenforced.forEach(
        (limit, asked) ->
            rows.add(
                new Row(
                    Constraint.CGROUP_LIMIT.label(),
                    limit,
                    asked,
                    "no controller",
                    Receipt.Outcome.DEGRADED.label(),
                    "cgroup.missing_controllers")));
    return new ReceiptRecord(receipt.verification().label(), List.copyOf(rows));
  }
}
