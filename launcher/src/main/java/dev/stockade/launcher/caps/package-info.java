/** Capability sets and the algebra of exec, capabilities(7). Pure: no I/O. */
@NullMarked
package dev.stockade.launcher.caps;

import org.jspecify.annotations.NullMarked;
