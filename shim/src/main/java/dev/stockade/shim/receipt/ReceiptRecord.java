package dev.stockade.shim.receipt;

import dev.stockade.launcher.plan.Constraint;
import dev.stockade.launcher.plan.Receipt;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

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
    receipt.rows().forEach(row -> rows.add(plain(row)));
    addUnenforced(rows, unenforced);
    return new ReceiptRecord(receipt.verification().label(), List.copyOf(rows));
  }

  /**
   * The same after a change of limits.
   *
   * @param changed what the kernel shows of them now
   * @param unenforced limits that were left out, with what was asked
   */
  public ReceiptRecord withLimits(List<Receipt.Row> changed, Map<String, String> unenforced) {
    List<Row> fresh = new ArrayList<>(changed.stream().map(ReceiptRecord::plain).toList());
    addUnenforced(fresh, unenforced);
    Set<String> labels = new HashSet<>(Set.of(Constraint.CGROUP_LIMIT.label()));
    fresh.forEach(row -> labels.add(row.constraint()));
    List<Row> all = new ArrayList<>(rows);
    all.removeIf(row -> labels.contains(row.constraint()));
    all.addAll(fresh);
    return new ReceiptRecord(verification, List.copyOf(all));
  }

  private static Row plain(Receipt.Row row) {
    return new Row(
        row.constraint().label(),
        row.subject(),
        row.asked(),
        row.kernel(),
        row.outcome().label(),
        row.source());
  }

  private static void addUnenforced(List<Row> rows, Map<String, String> unenforced) {
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
  }
}
