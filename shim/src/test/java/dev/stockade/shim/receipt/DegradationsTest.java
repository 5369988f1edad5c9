package dev.stockade.shim.receipt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.launcher.plan.Constraint;
import dev.stockade.launcher.plan.Receipt;
import dev.stockade.launcher.plan.Receipt.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class DegradationsTest {
  private static Receipt.Row row(Constraint constraint, String subject, Outcome outcome) {
    return new Receipt.Row(constraint, subject, "-500", "0\n", outcome, "/proc");
  }

  private static String of(Map<String, String> unenforced, List<Receipt.Row> rows) {
    Receipt receipt = new Receipt(Receipt.Verification.BEFORE_EXEC, rows);
    return Degradations.of(ReceiptRecord.of(receipt, unenforced));
  }

  @Test
  void whatIsAsAskedIsNotMentioned() {
    List<Receipt.Row> rows = new ArrayList<>();
    for (Outcome outcome : Outcome.values()) {
      if (outcome != Outcome.DEGRADED) {
        rows.add(row(Constraint.PROCESS_RLIMIT, outcome.name(), outcome));
      }
    }
    assertThat(of(Map.of(), rows)).isEmpty();
  }

  @Test
  void whatIsMissingIsNamedWithWhatWasAsked() {
    assertThat(
            of(
                Map.of("memory_limit_in_bytes", "1048576"),
                List.of(
                    row(Constraint.PROCESS_OOM_SCORE_ADJ, "", Outcome.DEGRADED),
                    row(Constraint.PROCESS_RLIMIT, "RLIMIT_NOFILE", Outcome.DEGRADED))))
        .isEqualTo(
            "process.oom-score-adj (asked for -500, the kernel shows 0?), process.rlimit"
                + " RLIMIT_NOFILE (asked for -500, the kernel shows 0?), cgroup.limit"
                + " memory_limit_in_bytes (asked for 1048576, the kernel shows no controller)");
  }

  @Test
  void aLongListIsCutAndCounted() {
    List<Receipt.Row> rows =
        IntStream.range(0, 20)
            .mapToObj(i -> row(Constraint.SYSCTL, "net/" + i, Outcome.DEGRADED))
            .toList();
    assertThat(of(Map.of(), rows))
        .contains("net/15")
        .doesNotContain("net/16")
        .endsWith(", and 4 more");
  }
}
