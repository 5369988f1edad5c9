/** Tells what a request means on this node before anything is made of it. */
@NullMarked
package dev.stockade.shim.explain;

import org.jspecify.annotations.NullMarked;
