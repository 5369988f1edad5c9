/** What all pods and containers of this node share. */
@NullMarked
package dev.stockade.shim.node;

import org.jspecify.annotations.NullMarked;
