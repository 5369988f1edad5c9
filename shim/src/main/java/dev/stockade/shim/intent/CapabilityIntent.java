package dev.stockade.shim.intent;

import java.util.Set;

/**
 * Changes to the default capabilities: {@code ALL} first, then single names; a capability both
 * added and dropped is dropped.
 *
 * @param add kernel names such as {@code CAP_NET_ADMIN}, as in the other sets
 * @param ambient additions that a user other than root keeps across exec too (capabilities(7))
 */
public record CapabilityIntent(
    boolean addAll, Set<String> add, boolean dropAll, Set<String> drop, Set<String> ambient) {}
