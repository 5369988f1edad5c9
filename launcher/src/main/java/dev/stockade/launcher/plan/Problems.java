package dev.stockade.launcher.plan;

import dev.stockade.launcher.plan.LaunchRejection.Problem;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Collects what is wrong with a request, so that all of it is told at once. */
final class Problems {
  private static final int MAX = 256;

  private final List<Problem> found = new ArrayList<>();

  void add(String field, String reason, String advice) {
    if (found.size() < MAX) {
      found.add(new Problem(field, reason, advice));
    }
  }

  /**
   * Whether a text can travel in a plan; if not, that is a problem. The text itself is not quoted.
   */
  boolean text(String field, String value) {
    if (value.indexOf('\0') >= 0) {
      add(field, "has a NUL in it", "remove it: the kernel's strings end there");
      return false;
    }
    if (!StandardCharsets.UTF_8.newEncoder().canEncode(value)) {
      add(field, "is not Unicode text", "replace the unpaired surrogate");
      return false;
    }
    return true;
  }

  void throwAny() throws LaunchRejection {
    if (!found.isEmpty()) {
      throw new LaunchRejection(found);
    }
  }
}
