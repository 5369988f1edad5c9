/**
 * What the daemon says on standard error: one line per decision, with fields, never with secrets.
 */
@NullMarked
package dev.stockade.shim.journal;

import org.jspecify.annotations.NullMarked;
