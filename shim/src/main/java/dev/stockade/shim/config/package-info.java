/** The daemon's configuration: TOML in, one immutable value out, all problems at once. */
@NullMarked
package dev.stockade.shim.config;

import org.jspecify.annotations.NullMarked;
