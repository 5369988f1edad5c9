/**
 * Images: references and digests, import, unpacked layers, and what a container needs of its image.
 */
@NullMarked
package dev.stockade.shim.image;

import org.jspecify.annotations.NullMarked;
