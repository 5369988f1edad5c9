/**
 * What the daemon remembers across its own death: identifiers, names in use and durable JSON
 * records.
 */
@NullMarked
package dev.stockade.shim.record;

import org.jspecify.annotations.NullMarked;
