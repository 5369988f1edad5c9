package dev.stockade.launcher.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.launcher.plan.Constraint;
import dev.stockade.launcher.plan.LaunchPlan;
import dev.stockade.launcher.plan.Receipt;
import dev.stockade.launcher.plan.Step;
import dev.stockade.launcher.plan.StepCode;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** One thing that warden does wrong, and the constraint that must be named for it. */
record Fault(
    Constraint constraint, Consumer<ContainerSpec> spec, Function<LaunchPlan, String> wrong) {
  static Fault of(Constraint constraint, String wrong) {
    return new Fault(constraint, spec -> {}, plan -> wrong);
  }

  static Fault of(Constraint constraint, Consumer<ContainerSpec> spec, String wrong) {
    return new Fault(constraint, spec, plan -> wrong);
  }

  /** A fault of the step whose text holds a word: KIND:STEP.INDEX and what follows. */
  static Fault at(Constraint constraint, String kind, StepCode code, String word, String rest) {
    return at(constraint, spec -> {}, kind, code, word, rest);
  }

  static Fault at(
      Constraint constraint,
      Consumer<ContainerSpec> spec,
      String kind,
      StepCode code,
      String word,
      String rest) {
    return new Fault(
        constraint, spec, plan -> kind + ":" + code + "." + index(plan, code, word) + rest);
  }

  /** The place among the steps of its name of the one whose text holds a word. */
  static int index(LaunchPlan plan, StepCode code, String word) {
    List<Step> steps = new ArrayList<>(plan.monitor());
    steps.addAll(plan.child());
    int index = 0;
    for (Step step : steps) {
      if (step.code() == code) {
        if (step.toString().contains(word)) {
          return index;
        }
        index++;
      }
    }
    throw new IllegalArgumentException("no " + code + " with " + word);
  }

  static void user(ContainerSpec spec) {
    spec.uid = 1000;
    spec.gid = 1000;
    spec.groups = List.of(7L);
  }

  static void unfiltered(ContainerSpec spec) {
    spec.seccomp = null;
  }

  /** A launch failed for this fault and says so. */
  void requireFoundOut(@Nullable LaunchFailure failure, String wrong) {
    assertThat(failure).as(wrong).isNotNull();
    assertThat(failure.kind()).as(failure.getMessage()).isEqualTo(LaunchFailure.Cause.MISMATCH);
    assertThat(failure.mismatches())
        .as(failure.getMessage())
        .extracting(Receipt.Row::constraint)
        .contains(constraint);
    assertThat(failure).hasMessageContaining(constraint.label());
  }

  @Override
  public String toString() {
    return constraint.label();
  }
}
