/** The daemon and the command line. */
@NullMarked
package dev.stockade.shim;

import org.jspecify.annotations.NullMarked;
