/**
 * From an OCI spec to a checked launch plan, its encoding, and what the kernel must show of it.
 * Pure: no I/O.
 */
@NullMarked
package dev.stockade.launcher.plan;

import org.jspecify.annotations.NullMarked;
