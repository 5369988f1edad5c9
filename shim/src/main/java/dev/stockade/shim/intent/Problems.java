package dev.stockade.shim.intent;

import java.util.ArrayList;
import java.util.List;

/** Collects every problem of one request, so that the caller can mend them all at once. */
public final class Problems {
  /** A request of 16 MiB can hold a million bad entries; nobody reads more than these. */
  private static final int MOST = 32;

  private final List<Problem> found = new ArrayList<>();
  private int left;

  /** The request contradicts itself or the protocol. */
  public void invalid(String field, String reason, String remedy) {
    add(new Problem(Problem.Kind.INVALID, field, reason, remedy));
  }

  /** This node cannot enforce what the field asks. */
  public void unenforceable(String field, String reason, String remedy) {
    add(new Problem(Problem.Kind.UNENFORCEABLE, field, reason, remedy));
  }

  /** This build cannot do what the field asks. */
  public void unsupported(String field, String reason, String remedy) {
    add(new Problem(Problem.Kind.UNSUPPORTED, field, reason, remedy));
  }

  /** Adds one problem. */
  public void add(Problem problem) {
    if (found.size() < MOST) {
      found.add(problem);
    } else {
      left++;
    }
  }

  /** Whether nothing was found. */
  public boolean isEmpty() {
    return found.isEmpty();
  }

  /** How many were found. */
  int count() {
    return found.size() + left;
  }

  /** Throws all problems together, if there are any. */
  public void refuse(String what) throws IntentRejection {
    if (!found.isEmpty()) {
      throw new IntentRejection(what, List.copyOf(found), left);
    }
  }
}
