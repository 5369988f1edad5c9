/**
 * The Container Runtime Interface on a unix socket: messages in, messages out; what they mean is
 * decided elsewhere.
 */
@NullMarked
package dev.stockade.shim.cri;

import org.jspecify.annotations.NullMarked;
