/**
 * What a CRI request asks for, validated as a whole: every problem is found and named by its CRI
 * field before anything is done.
 *
 * <p>Pure: nothing here reads the host or the image.
 */
@NullMarked
package dev.stockade.shim.intent;

import org.jspecify.annotations.NullMarked;
