/** Pod networks through CNI plugins (CNI specification 0.3.1 to 1.1.0). */
@NullMarked
package dev.stockade.shim.network;

import org.jspecify.annotations.NullMarked;
