/** Receipts as they are stored and shown. */
@NullMarked
package dev.stockade.shim.receipt;

import org.jspecify.annotations.NullMarked;
