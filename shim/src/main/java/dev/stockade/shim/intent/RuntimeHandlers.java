package dev.stockade.shim.intent;

import java.util.Set;

/** Names under which this runtime may be asked for; the empty one is the default. */
public final class RuntimeHandlers {
  private static final Set<String> NAMES = Set.of("", "stockade");

  private RuntimeHandlers() {}

  /** Finds a problem in a name that is not this runtime's. */
  public static void check(Problems problems, String field, String handler) {
    if (!NAMES.contains(handler)) {
      problems.invalid(field, "is not known to this node", "leave it empty or use \"stockade\"");
    }
  }
}
