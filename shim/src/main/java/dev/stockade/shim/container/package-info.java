/** Containers: what they are, how they live, and what is remembered of them. */
@NullMarked
package dev.stockade.shim.container;

import org.jspecify.annotations.NullMarked;
