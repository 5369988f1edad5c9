package dev.stockade.launcher.plan;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Whether every descriptor a step uses is there by then, every slot is filled exactly once, and no
 * mount is attached twice: the second would take it away from the first (move_mount(2)).
 */
final class SlotReview {
  private static final String ID = "slots";

  private final StepSequence plan;
  private final Set<Slot> filled = new HashSet<>();
  private final Set<Slot> attached = new HashSet<>();
  private final List<Violation> violations = new ArrayList<>();

  private SlotReview(StepSequence plan) {
    this.plan = plan;
  }

  static List<Violation> check(StepSequence plan) {
    SlotReview review = new SlotReview(plan);
    for (int i = 0; i < plan.slotsSupplied(); i++) {
      review.filled.add(new Slot(i));
    }
    plan.monitor().forEach(review::step);
    plan.child().forEach(review::step);
    if (review.filled.size() != plan.slotsTotal()) {
      review.broken(review.filled.size() + " of " + plan.slotsTotal() + " slots are filled");
    }
    return review.violations;
  }

  private void step(Step step) {
    for (Slot slot : StepCatalogue.slotsUsed(step)) {
      if (!filled.contains(slot)) {
        broken(step.code() + " uses " + slot + ", which nothing has filled");
      }
    }
    if (step instanceof FileSystemStep.Attach attach && !attached.add(attach.mount())) {
      broken(step.code() + " moves " + attach.mount() + ", which is attached already");
    }
    for (Slot slot : StepCatalogue.slotsMade(step)) {
      boolean inRange = slot.index() >= plan.slotsSupplied() && slot.index() < plan.slotsTotal();
      if (!inRange || !filled.add(slot)) {
        broken(step.code() + " fills " + slot + ", which is taken or none");
      }
    }
  }

  private void broken(String text) {
    violations.add(new Violation(ID, text));
  }
}
