package dev.stockade.launcher.plan;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.stream.Collectors;

/**
 * Which steps a law speaks of.
 *
 * @param text as the documentation says it
 * @param matcher whether it is the step at an index
 */
record Pattern(String text, Matcher matcher) {
  /** Looks at one step of a plan. */
  @FunctionalInterface
  interface Matcher {
    boolean matches(PlanView plan, int index);
  }

  /** No step at all. */
  static final Pattern NONE = new Pattern("", (plan, index) -> false);

  static Pattern steps(StepCode... codes) {
    Set<StepCode> set = EnumSet.copyOf(List.of(codes));
    String text = Arrays.stream(codes).map(c -> "`" + c + "`").collect(Collectors.joining(", "));
    return new Pattern(text, (plan, index) -> set.contains(plan.code(index)));
  }

  static <S extends Step> Pattern where(
      String text, Class<S> type, BiPredicate<PlanView, S> condition) {
    return new Pattern(
        text,
        (plan, index) ->
            type.isInstance(plan.step(index)) && condition.test(plan, type.cast(plan.step(index))));
  }

  static Pattern any(String text, Pattern... patterns) {
    return new Pattern(
        text, (plan, index) -> Arrays.stream(patterns).anyMatch(p -> p.matches(plan, index)));
  }

  boolean matches(PlanView plan, int index) {
    return matcher.matches(plan, index);
  }
}
