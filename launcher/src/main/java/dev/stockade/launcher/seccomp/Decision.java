package dev.stockade.launcher.seccomp;

import java.util.List;

/**
 * What a profile decides for one system call number: the strictest clause whose conditions hold,
 * otherwise a fixed verdict.
 *
 * @param clauses strictest first; empty if the arguments do not matter
 * @param otherwise the verdict when no clause holds
 */
record Decision(List<Clause> clauses, Verdict otherwise) {
  /** Conditions that must all hold, at least one, and what then happens. */
  record Clause(List<Condition> conditions, Verdict verdict) {
    Clause {
      conditions = List.copyOf(conditions);
    }
  }

  Decision {
    clauses =
        clauses.stream().distinct().sorted((a, b) -> a.verdict().compareTo(b.verdict())).toList();
  }

  static Decision always(Verdict verdict) {
    return new Decision(List.of(), verdict);
  }

  /** The strictest verdict some arguments could get. */
  Verdict strictest() {
    Verdict strictest = otherwise;
    for (Clause clause : clauses) {
      strictest = clause.verdict().compareTo(strictest) < 0 ? clause.verdict() : strictest;
    }
    return strictest;
  }
}
