package dev.stockade.launcher.plan;

import dev.stockade.launcher.plan.Receipt.Outcome;
import dev.stockade.launcher.plan.Receipt.Row;
import dev.stockade.launcher.plan.Receipt.Verification;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Compares what was asked with what the kernel showed. */
public final class ReceiptComparison {
  private final Map<List<Object>, Reading> readings = new HashMap<>();
  private final Set<Constraint> mayDegrade;
  private final Verification verification;

  private ReceiptComparison(Set<Constraint> mayDegrade, Verification verification) {
    this.mayDegrade = mayDegrade;
    this.verification = verification;
  }

  /**
   * The receipt. A claim without a reading mismatches.
   *
   * @param claims after {@link Claims#resolve}
   * @param readings in any order; those without a claim are left out
   * @param mayDegrade constraints that may be missing
   * @param verification when the readings were made; what is stricter than asked for passes only
   *     after exec
   */
  public static Receipt compare(
      List<Claim> claims,
      List<Reading> readings,
      Set<Constraint> mayDegrade,
      Verification verification) {
    ReceiptComparison comparison = new ReceiptComparison(mayDegrade, verification);
    for (Reading reading : readings) {
      comparison.readings.put(List.of(reading.constraint(), reading.subject()), reading);
    }
    List<Row> rows = new ArrayList<>();
    claims.forEach(claim -> rows.add(comparison.row(claim)));
    return new Receipt(verification, rows);
  }

  private Row row(Claim claim) {
    Reading reading = readings.get(List.of(claim.constraint(), claim.subject()));
    if (reading == null) {
      return row(claim, "not read", allowed(claim, Outcome.MISMATCH), "");
    }
    return row(claim, reading.value(), allowed(claim, outcome(claim, reading)), reading.source());
  }

  private static Row row(Claim claim, String kernel, Outcome outcome, String source) {
    return new Row(claim.constraint(), claim.subject(), claim.expected(), kernel, outcome, source);
  }

  private Outcome allowed(Claim claim, Outcome outcome) {
    boolean fails =
        outcome == Outcome.MISMATCH
            || (outcome == Outcome.STRICTER && verification != Verification.AFTER_EXEC);
    if (!fails) {
      return outcome;
    }
    return mayDegrade.contains(claim.constraint()) ? Outcome.DEGRADED : Outcome.MISMATCH;
  }

  private static Outcome outcome(Claim claim, Reading reading) {
    return switch (reading.kind()) {
      case UNREADABLE -> Outcome.MISMATCH;
      case COUNT_ONLY -> Outcome.COUNT_ONLY;
      case SELF_REPORTED ->
          claim.expected().equals(reading.value()) ? Outcome.SELF_REPORTED : Outcome.MISMATCH;
      case KERNEL -> ValueComparison.of(claim.constraint(), claim.expected(), reading.value());
    };
  }
}
