/**
 * The OCI runtime specification's {@code config.json} as records, JSON in and out. Pure: no I/O.
 */
@NullMarked
package dev.stockade.launcher.spec;

import org.jspecify.annotations.NullMarked;
