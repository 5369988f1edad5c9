package dev.stockade.shim.container;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The plans of the last few commands that were run in one container: probes run the same ones again
 * and again. A container runs once, so nothing else that a command's plan depends on changes, but
 * for its limits, and other limits come with other plans.
 */
final class CommandPlans {
  private static final int MOST = 4;
  private static final int LONGEST = 4096;

  private final Map<List<String>, PlannedLaunch> plans =
      new LinkedHashMap<>(MOST, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<List<String>, PlannedLaunch> eldest) {
          return size() > MOST;
        }
      };

  /** The launch of a command as it was planned before; its id is the one of then. */
  synchronized Optional<PlannedLaunch> find(List<String> command) {
    return Optional.ofNullable(plans.get(command));
  }

  /** Keeps a planned launch, unless its command is long. */
  synchronized void keep(List<String> command, PlannedLaunch launch) {
    if (command.stream().mapToInt(String::length).sum() <= LONGEST) {
      plans.put(List.copyOf(command), launch);
    }
  }
}
