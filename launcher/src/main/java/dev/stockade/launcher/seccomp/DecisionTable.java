package dev.stockade.launcher.seccomp;

import dev.stockade.launcher.seccomp.Decision.Clause;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

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
  private final Arch arch;
  private final Verdict otherwise;
  private final Horizon horizon;
  private final TreeMap<Integer, Decision> decisions = new TreeMap<>(Integer::compareUnsigned);

  private DecisionTable(Profile profile, Arch arch) {
    this.arch = arch;
    this.otherwise = profile.defaultVerdict();
    this.horizon = Horizon.of(profile, arch);
    Map<String, Decision> byName = byName(profile);
    byName.forEach(
        (name, decision) -> {
          OptionalInt number = SyscallTable.of(arch).number(name);
          if (number.isPresent()) {
            decisions.merge(number.getAsInt(), decision, this::strictestOf);
          }
        });
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

  private Map<String, Decision> byName(Profile profile) {
    Map<String, List<Rule>> rules = new TreeMap<>();
    for (Rule rule : profile.syscalls()) {
      if (!rule.verdict().equals(otherwise)) {
        rule.names().forEach(name -> rules.computeIfAbsent(name, n -> new ArrayList<>()).add(rule));
      }
    }
    Map<String, Decision> decisions = new TreeMap<>();
    rules.forEach((name, of) -> decisions.put(name, decide(of)));
    return decisions;
  }

  private Decision decide(List<Rule> rules) {
    List<Clause> clauses = new ArrayList<>();
    for (Rule rule : rules) {
      for (List<Condition> all : rule.alternatives()) {
        List<Condition> telling = all.stream().filter(this::tells).toList();
        if (telling.isEmpty()) {
          return Decision.always(rule.verdict());
        }
        clauses.add(new Clause(telling, rule.verdict()));
      }
    }
    return new Decision(clauses, otherwise);
  }

  /** A comparison under an empty mask holds for every argument. */
  private boolean tells(Condition condition) {
    long width = arch.wideArguments() ? -1L : 0xffff_ffffL;
    return condition.op() != Comparison.MASKED_EQ || (condition.value() & width) != 0;
  }

  /** Two names of one number, which only the arm EABI has. */
  private Decision strictestOf(Decision a, Decision b) {
    if (a.clauses().isEmpty() || b.clauses().isEmpty()) {
      Decision fixed = a.clauses().isEmpty() ? a : b;
      return a.clauses().isEmpty()
              && b.clauses().isEmpty()
              && b.otherwise().compareTo(a.otherwise()) < 0
          ? b
          : fixed;
    }
    List<Clause> both = new ArrayList<>(a.clauses());
    both.addAll(b.clauses());
    return new Decision(both, otherwise);
  }

  /**
   * Gives a multiplexer the decisions of its calls, each at its strictest: their arguments cannot
   * be seen.
   */
  private void multiplex(Multiplexer multiplexer, Map<String, Decision> byName) {
    @Nullable Decision own = byName.get(multiplexer.name());
    if (own != null && own.clauses().isEmpty()) {
      return;
    }
    List<Clause> clauses = new ArrayList<>(own == null ? List.of() : own.clauses());
    multiplexer
        .selectors()
        .forEach(
            (name, selector) -> {
              Decision decision = byName.get(name);
              if (decision != null && !decision.strictest().equals(otherwise)) {
                clauses.add(
                    new Clause(List.of(multiplexer.selects(selector)), decision.strictest()));
              }
            });
    if (!clauses.isEmpty()) {
      int number = SyscallTable.of(arch).number(multiplexer.name()).orElseThrow();
      decisions.put(number, new Decision(clauses, otherwise));
    }
  }
}
