/** The security modules as this node has them: which profiles are loaded, and our own. */
@NullMarked
package dev.stockade.shim.lsm;

import org.jspecify.annotations.NullMarked;
