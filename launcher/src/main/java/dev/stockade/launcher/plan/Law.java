package dev.stockade.launcher.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * One row of the table of laws.
 *
 * @param id the stable name, for example {@code L16}
 * @param name the law in a few words
 * @param before the steps that come first
 * @param relation what is said of both
 * @param after the steps that come second
 * @param when the plans it holds for
 * @param because what the kernel does otherwise
 * @param reference where to read about it
 */
record Law(
    String id,
    String name,
    Pattern before,
    Relation relation,
    Pattern after,
    Condition when,
    String because,
    String reference) {
  /**
   * Which plans a law holds for.
   *
   * @param text as the documentation says it, empty for all
   */
  record Condition(String text, Predicate<PlanView> holds) {
    static final Condition ALWAYS = new Condition("", plan -> true);
  }

  /** How a plan breaks the law, or empty if it keeps it. */
  Optional<Violation> check(PlanView plan) {
    if (!when.holds().test(plan)) {
      return Optional.empty();
    }
    List<Integer> firsts = indexes(plan, before);
    List<Integer> seconds = indexes(plan, after);
    return switch (relation) {
      case BEFORE -> order(plan, firsts, seconds);
      case NEEDED_BEFORE -> needed(plan, firsts, seconds);
      case THEN_ONLY -> thenOnly(plan, firsts, seconds);
      case BEGINS -> begins(plan, firsts);
      case ENDS -> ends(plan, firsts);
      case PRESENT -> firsts.isEmpty() ? broken("there is none") : Optional.empty();
      case NEVER -> firsts.isEmpty() ? Optional.empty() : broken(plan.name(firsts.get(0)));
    };
  }

  private static List<Integer> indexes(PlanView plan, Pattern pattern) {
    List<Integer> indexes = new ArrayList<>();
    for (int i = 0; i < plan.steps().size(); i++) {
      if (pattern.matches(plan, i)) {
        indexes.add(i);
      }
    }
    return indexes;
  }

  private Optional<Violation> order(PlanView plan, List<Integer> firsts, List<Integer> seconds) {
    if (firsts.isEmpty() || seconds.isEmpty()) {
      return Optional.empty();
    }
    int last = firsts.get(firsts.size() - 1);
    int early = seconds.get(0);
    return last < early
        ? Optional.empty()
        : broken(plan.name(last) + " is not before " + plan.name(early));
  }

  private Optional<Violation> needed(PlanView plan, List<Integer> firsts, List<Integer> seconds) {
    if (!seconds.isEmpty() && firsts.isEmpty()) {
      return broken("nothing of " + before.text() + " is before " + plan.name(seconds.get(0)));
    }
    return order(plan, firsts, seconds);
  }

  private Optional<Violation> thenOnly(PlanView plan, List<Integer> firsts, List<Integer> seconds) {
    if (firsts.isEmpty()) {
      return Optional.empty();
    }
    for (int i = firsts.get(0) + 1; i < plan.steps().size(); i++) {
      if (!seconds.contains(i)) {
        return broken(plan.name(i) + " is behind " + plan.name(firsts.get(0)));
      }
    }
    return Optional.empty();
  }

  private Optional<Violation> begins(PlanView plan, List<Integer> firsts) {
    return firsts.contains(plan.monitorSteps())
        ? Optional.empty()
        : broken("the child does not begin with it");
  }

  private Optional<Violation> ends(PlanView plan, List<Integer> firsts) {
    boolean once = firsts.size() == 1 && firsts.get(0) == plan.steps().size() - 1;
    return once
        ? Optional.empty()
        : broken("it is there " + firsts.size() + " times, or not at the end");
  }

  private Optional<Violation> broken(String how) {
    return Optional.of(new Violation(id, name + ": " + how));
  }
}
