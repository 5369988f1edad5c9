/**
 * The command line: a client of the daemon's socket that prints for people and, with {@code
 * --json}, for programs. It holds no state of its own but the log and volume directories of the
 * pods it ran.
 */
@NullMarked
package dev.stockade.shim.cli;

import org.jspecify.annotations.NullMarked;
