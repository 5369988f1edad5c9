/** What only a machine with its own kernel, systemd and a security module can show. */
@NullMarked
package dev.stockade.vm;

import org.jspecify.annotations.NullMarked;
