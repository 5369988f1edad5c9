package dev.stockade.launcher.plan;

import java.util.List;

/**
 * What the kernel showed beside what was asked.
 *
 * @param verification when it was read
 * @param rows one per constraint and subject
 */
public record Receipt(Verification verification, List<Row> rows) {
  public Receipt {
    rows = List.copyOf(rows);
  }

  /** Whether the process may run: no row mismatches. */
  public boolean passed() {
    return rows.stream().noneMatch(r -> r.outcome() == Outcome.MISMATCH);
  }

  /** The rows that mismatch. */
  public List<Row> mismatches() {
    return rows.stream().filter(r -> r.outcome() == Outcome.MISMATCH).toList();
  }

  /**
   * One constraint.
   *
   * @param constraint which
   * @param subject which of several, or empty
   * @param asked what was asked
   * @param kernel what the kernel showed
   * @param outcome how they compare
   * @param source where it was read
   */
  public record Row(
      Constraint constraint,
      String subject,
      String asked,
      String kernel,
      Outcome outcome,
      String source) {}

  /** How what was asked and what was shown compare. */
  public enum Outcome {
    /** As asked. */
    MATCH("ok"),
    /**
     * Less than was asked for; acceptable only where nothing could be read before the program ran.
     */
    STRICTER("stricter"),
    /** As asked, by the process's own word. */
    SELF_REPORTED("ok, self-reported"),
    /** As many as asked; the kernel does not show more. */
    COUNT_ONLY("ok, count only"),
    /**
     * The program was running already and may have changed it itself; acceptable only where nothing
     * could be read before.
     */
    NOT_COMPARABLE("not comparable after exec"),
    /** Not as asked, and the configuration allows that. */
    DEGRADED("DEGRADED"),
    /** Not as asked. */
    MISMATCH("MISMATCH");

    private final String label;

    Outcome(String label) {
      this.label = label;
    }

    /** The word of the table. */
    public String label() {
      return label;
    }
  }

  /** When the kernel was asked. */
  public enum Verification {
    /** At the exec-stop: before the first instruction. */
    BEFORE_EXEC("before-exec"),
    /** The program was running already. */
    AFTER_EXEC("after-exec"),
    /** It ended before anything could be read. */
    EXITED_FIRST("exited-first"),
    /** No program: a process that holds namespaces. */
    HELD("held");

    private final String label;

    Verification(String label) {
      this.label = label;
    }

    /** The word of the receipt. */
    public String label() {
      return label;
    }
  }
}
