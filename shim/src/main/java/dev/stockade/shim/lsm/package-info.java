/** The security modules as this node has them: which labels there are, and who has which. */
@NullMarked
package dev.stockade.shim.lsm;

import org.jspecify.annotations.NullMarked;
