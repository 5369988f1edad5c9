package dev.stockade.launcher.plan;

import dev.stockade.launcher.plan.Receipt.Outcome;
import dev.stockade.launcher.plan.Receipt.Row;
import dev.stockade.launcher.plan.Receipt.Verification;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Compares what was asked with what the kernel showed. */
public final class ReceiptComparison {
  /** Of one constraint and subject. */
  private record Key(Constraint constraint, String subject) {}

  private final Map<Key, Reading> readings = new LinkedHashMap<>();
  private final Set<Key> twice = new HashSet<>();
  private final Set<Constraint> mayDegrade;
  private final Verification verification;
  private final OwnChange own;
  private final long filters;

  private ReceiptComparison(
      List<Claim> claims, Set<Constraint> mayDegrade, Verification verification) {
    this.mayDegrade = mayDegrade;
    this.verification = verification;
    this.own = new OwnChange(claims);
    this.filters =
        claims.stream().filter(c -> c.constraint() == Constraint.SECCOMP_PROGRAM).count();
  }

  /**
   * The receipt. A claim without a reading mismatches, and so does a filter nobody asked for.
   *
   * @param claims after {@link Claims#resolve}
   * @param readings in any order; apart from filters, those without a claim are left out
   * @param mayDegrade constraints that may be missing
   * @param verification when the readings were made; what is stricter than asked for, and what the
   *     program may have changed itself, passes only after exec
   */
  public static Receipt compare(
      List<Claim> claims,
      List<Reading> readings,
      Set<Constraint> mayDegrade,
      Verification verification) {
    ReceiptComparison comparison = new ReceiptComparison(claims, mayDegrade, verification);
    readings.forEach(comparison::note);
    List<Row> rows = new ArrayList<>();
    for (Claim claim : claims) {
      rows.add(comparison.row(claim));
    }
    rows.addAll(comparison.unclaimedFilters());
    return new Receipt(verification, rows);
  }

  private void note(Reading reading) {
    Key key = new Key(reading.constraint(), reading.subject());
    Reading earlier = readings.put(key, reading);
    if (earlier != null && !earlier.value().equals(reading.value())) {
      twice.add(key);
    }
  }

  private Row row(Claim claim) {
    Key key = new Key(claim.constraint(), claim.subject());
    Reading reading = readings.remove(key);
    if (reading == null) {
      return row(claim, "not read", allowed(claim, "", Outcome.MISMATCH), "");
    }
    Outcome outcome = twice.contains(key) ? Outcome.MISMATCH : afterExec(claim, reading);
    return row(claim, reading.value(), allowed(claim, reading.value(), outcome), reading.source());
  }

  private static Row row(Claim claim, String kernel, Outcome outcome, String source) {
    return new Row(claim.constraint(), claim.subject(), claim.expected(), kernel, outcome, source);
  }

  private List<Row> unclaimedFilters() {
    return readings.values().stream()
        .filter(
            r ->
                r.constraint() == Constraint.SECCOMP_PROGRAM && r.kind() != Reading.Kind.COUNT_ONLY)
        .map(r -> new Claim(r.constraint(), r.subject(), "none"))
        .map(c -> row(c, "another filter", allowed(c, "", Outcome.STRICTER), ""))
        .toList();
  }

  private Outcome allowed(Claim claim, String kernel, Outcome outcome) {
    boolean fails =
        outcome == Outcome.MISMATCH
            || (outcome == Outcome.STRICTER && verification != Verification.AFTER_EXEC);
    if (!fails) {
      return outcome;
    }
    boolean mayMiss = mayDegrade.contains(claim.constraint()) && isLess(claim, kernel);
    return mayMiss ? Outcome.DEGRADED : Outcome.MISMATCH;
  }

  /** Of an AppArmor label no more than the mode may be missing: never the profile. */
  private static boolean isLess(Claim claim, String kernel) {
    return claim.constraint() != Constraint.LSM_APPARMOR
        || kernel.equals(claim.expected().replace(" (enforce)", " (complain)"));
  }

  /** A program may add filters, seccomp(2), and take none away. */
  private Outcome count(String value) {
    try {
      int more = Long.compare(Long.parseLong(value), filters);
      return more == 0 ? Outcome.COUNT_ONLY : more > 0 ? Outcome.STRICTER : Outcome.MISMATCH;
    } catch (NumberFormatException e) {
      return Outcome.MISMATCH;
    }
  }

  private Outcome afterExec(Claim claim, Reading reading) {
    Outcome outcome = outcome(claim, reading);
    boolean running = verification == Verification.AFTER_EXEC;
    return running && outcome == Outcome.MISMATCH && own.possible(claim, reading.value())
        ? Outcome.NOT_COMPARABLE
        : outcome;
  }

  private Outcome outcome(Claim claim, Reading reading) {
    return switch (reading.kind()) {
      case UNREADABLE -> Outcome.MISMATCH;
      case COUNT_ONLY -> count(reading.value());
      case SELF_REPORTED ->
          claim.expected().equals(reading.value()) ? Outcome.SELF_REPORTED : Outcome.MISMATCH;
      case KERNEL -> ValueComparison.of(claim.constraint(), claim.expected(), reading.value());
    };
  }
}
