/** Reading of documents in JSON or YAML, with bounds. */
@NullMarked
package dev.stockade.shim.document;

import org.jspecify.annotations.NullMarked;
