/**
 * What every request to the daemon has: it can be cancelled, it can fail in a known way, and what
 * it did can be undone.
 */
@NullMarked
package dev.stockade.shim.call;

import org.jspecify.annotations.NullMarked;
