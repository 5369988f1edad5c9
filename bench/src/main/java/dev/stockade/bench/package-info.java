/** Measures the daemon beside other launchers, as a client of its socket. */
@NullMarked
package dev.stockade.bench;

import org.jspecify.annotations.NullMarked;
