package dev.stockade.shim.intent;

import java.util.List;
import java.util.stream.Collectors;

/** A request that is not carried out, with every reason. */
public final class IntentRejection extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient List<Problem> problems;

  IntentRejection(String what, List<Problem> problems, int left) {
    super(message(what, problems, left));
    this.problems = problems;
  }

  /** All problems, in the order of the request's fields. */
  public List<Problem> problems() {
    return problems;
  }

  /**
   * The kind that decides the answer: a request that is wrong is told so before one that this node
   * cannot serve.
   */
  public Problem.Kind kind() {
    for (Problem.Kind kind : Problem.Kind.values()) {
      if (problems.stream().anyMatch(problem -> problem.kind() == kind)) {
        return kind;
      }
    }
    throw new IllegalStateException("a rejection without problems");
  }

  private static String message(String what, List<Problem> problems, int left) {
    String list = problems.stream().map(Problem::toString).collect(Collectors.joining(" | "));
    return what + " refused: " + list + (left > 0 ? " | and " + left + " more problems" : "");
  }
}
