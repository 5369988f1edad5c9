/** The daemon: puts the parts together, starts them in order and ends them in reverse. */
@NullMarked
package dev.stockade.shim.daemon;

import org.jspecify.annotations.NullMarked;
