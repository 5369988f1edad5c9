package dev.stockade.launcher.seccomp;

import dev.stockade.launcher.seccomp.Decision.Clause;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A profile resolved to the numbers of one ABI. How several rules for one call are weighed:
 *
 * <ol>
 *   <li>A rule whose verdict equals the default is skipped, as runc does: libseccomp refuses it.
 *   <li>The first rule without conditions decides and every other rule for the call is void, before
 *       or after it (libseccomp).
 *   <li>Otherwise, of the rules whose conditions hold, the strictest decides. libseccomp refuses
 *       some such profiles and decides others by the order of its internal tree; the strictest is
 *       what stacked filters would give, seccomp(2).
 *   <li>If none holds, the default decides, or ENOSYS for a call newer than the profile, see {@link
 *       Horizon}.
 * </ol>
 */
final class DecisionTable {
  private static final SortedSet<Integer> NO_RULES = Collections.emptySortedSet();

  private final Arch arch;
  private final Verdict otherwise;
  private final Horizon horizon;
  private final List<Rule> rules;
  private final Map<List<Integer>, Decision> decided = new HashMap<>();
  private final TreeMap<Integer, Decision> decisions = new TreeMap<>(Integer::compareUnsigned);

  private DecisionTable(Profile profile, Arch arch) {
    this.arch = arch;
    this.otherwise = profile.defaultVerdict();
    this.horizon = Horizon.of(profile, arch);
    this.rules = profile.syscalls();
    Map<String, SortedSet<Integer>> byName = byName();
    Map<Integer, SortedSet<Integer>> byNumber = new TreeMap<>();
    byName.forEach(
        (name, indexes) ->
            SyscallTable.of(arch)
                .number(name)
                .ifPresent(n -> byNumber.computeIfAbsent(n, x -> new TreeSet<>()).addAll(indexes)));
    byNumber.forEach((number, indexes) -> decisions.put(number, decide(indexes)));
    for (Multiplexer multiplexer : Multiplexer.of(arch)) {
      multiplex(multiplexer, byName);
    }
  }

  static DecisionTable of(Profile profile, Arch arch) {
    return new DecisionTable(profile, arch);
  }

  /** The decisions of the calls that rules decide, ordered by unsigned number. */
  SortedMap<Integer, Decision> decisions() {
    return decisions;
  }

  /** The decision for any number of this ABI. */
  Decision at(int number) {
    Decision decision = decisions.get(number);
    if (decision != null) {
      return decision;
    }
    return Decision.always(horizon.isBefore(number) ? Verdict.NEWER_THAN_PROFILE : otherwise);
  }

  /** Numbers that begin a run of calls no rule decides. */
  int[] edges() {
    return horizon.edges();
  }

  Arch arch() {
    return arch;
  }

  /** The rules that name each call and do not merely repeat the default. */
  private Map<String, SortedSet<Integer>> byName() {
    Map<String, SortedSet<Integer>> byName = new TreeMap<>();
    for (int i = 0; i < rules.size(); i++) {
      if (!rules.get(i).verdict().equals(otherwise)) {
        for (String name : rules.get(i).names()) {
          byName.computeIfAbsent(name, n -> new TreeSet<>()).add(i);
        }
      }
    }
    return byName;
  }

  /** What rules decide together. Calls named by the same rules share the decision. */
  private Decision decide(SortedSet<Integer> indexes) {
    return decided.computeIfAbsent(List.copyOf(indexes), this::weigh);
  }

  private Decision weigh(List<Integer> indexes) {
    List<Clause> clauses = new ArrayList<>();
    for (int index : indexes) {
      Rule rule = rules.get(index);
      for (List<Condition> all : rule.alternatives()) {
        List<Condition> telling = all.stream().filter(c -> !c.alwaysHolds(arch)).toList();
        if (telling.isEmpty()) {
          return Decision.always(rule.verdict());
        }
        clauses.add(new Clause(telling, rule.verdict()));
      }
    }
    return new Decision(clauses, otherwise);
  }

  /**
   * Gives a multiplexer the decisions of its calls, each at its strictest: their arguments cannot
   * be seen.
   */
  private void multiplex(Multiplexer multiplexer, Map<String, SortedSet<Integer>> byName) {
    Decision own = decide(byName.getOrDefault(multiplexer.name(), NO_RULES));
    if (own.clauses().isEmpty() && !own.otherwise().equals(otherwise)) {
      return;
    }
    List<Clause> clauses = new ArrayList<>(own.clauses());
    multiplexer
        .selectors()
        .forEach(
            (name, selector) -> {
              Verdict strictest = decide(byName.getOrDefault(name, NO_RULES)).strictest();
              if (!strictest.equals(otherwise)) {
                clauses.add(new Clause(List.of(multiplexer.selects(selector)), strictest));
              }
            });
    if (!clauses.isEmpty()) {
      int number = SyscallTable.of(arch).number(multiplexer.name()).orElseThrow();
      decisions.put(number, new Decision(clauses, otherwise));
    }
  }
}
