/**
 * Launches plans: opens what a plan needs, talks to warden, reads the kernel back before a
 * workload's first instruction and follows what was launched to its end.
 */
@NullMarked
package dev.stockade.launcher.engine;

import org.jspecify.annotations.NullMarked;
