package dev.stockade.launcher.plan;

import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Everything a launch does, in order.
 *
 * @param monitor steps of the monitor
 * @param child steps of the child
 * @param slots what the engine opens for each supplied slot; the index is the slot
 * @param slotsTotal these and the slots that steps fill
 */
public record LaunchPlan(
    List<Step> monitor, List<Step> child, List<FdSource> slots, int slotsTotal) {
  public LaunchPlan {
    monitor = List.copyOf(monitor);
    child = List.copyOf(child);
    slots = List.copyOf(slots);
  }

  /** Whether its program is held at the exec-stop, where it can be verified before it runs. */
  public boolean traced() {
    return monitor.stream().anyMatch(MonitorStep.Trace.class::isInstance);
  }

  /** The same launch without a tracer. */
  public LaunchPlan untraced() {
    return new LaunchPlan(
        monitor.stream().filter(step -> !(step instanceof MonitorStep.Trace)).toList(),
        child,
        slots,
        slotsTotal);
  }

  /** The same launch of a program that finds another name as its own, execve(2). */
  public LaunchPlan named(String name) {
    UnaryOperator<Step> rename =
        step -> step instanceof FinalStep.Exec exec ? exec.named(name) : step;
    return new LaunchPlan(monitor, child.stream().map(rename).toList(), slots, slotsTotal);
  }

  /** What is encoded of it. */
  public StepSequence sequence() {
    return new StepSequence(monitor, child, slots.size(), slotsTotal);
  }
}
