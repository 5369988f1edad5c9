package dev.stockade.shim.intent;

import dev.stockade.launcher.caps.CapabilitySet;

/**
 * Changes to the default capabilities: {@code ALL} first, then single names; a capability both
 * added and dropped is dropped.
 *
 * @param ambient additions that a user other than root keeps across exec too (capabilities(7))
 */
public record CapabilityIntent(
    boolean addAll, CapabilitySet add, boolean dropAll, CapabilitySet drop, CapabilitySet ambient) {

  /** A request that changes nothing. */
  public static final CapabilityIntent NONE =
      new CapabilityIntent(
          false, CapabilitySet.NONE, false, CapabilitySet.NONE, CapabilitySet.NONE);
}
