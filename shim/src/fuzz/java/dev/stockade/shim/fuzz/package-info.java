/** Bytes of strangers, mutated by Jazzer and taken by the readers they are meant for. */
@NullMarked
package dev.stockade.shim.fuzz;

import org.jspecify.annotations.NullMarked;
