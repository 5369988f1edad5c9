package dev.stockade.shim.cdi;

import java.util.Map;

/**
 * One specification.
 *
 * @param kind {@code vendor/class}
 * @param edits for a container with any of its devices
 * @param devices edits of each device by its name
 */
record Spec(String kind, Edits edits, Map<String, Edits> devices) {}
