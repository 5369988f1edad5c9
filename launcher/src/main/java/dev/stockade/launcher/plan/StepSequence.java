package dev.stockade.launcher.plan;

import java.util.List;

/**
 * The steps of a plan and its number of slots: all that is on the wire.
 *
 * @param monitor steps of the monitor, in order
 * @param child steps of the child, in order
 * @param slotsSupplied slots filled from the start
 * @param slotsTotal these and those that steps fill
 */
public record StepSequence(
    List<Step> monitor, List<Step> child, int slotsSupplied, int slotsTotal) {
  public StepSequence {
    monitor = List.copyOf(monitor);
    child = List.copyOf(child);
  }
}
