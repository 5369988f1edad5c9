/**
 * The installed libseccomp as a second opinion on what a profile means. Test code; nothing here
 * reaches a product.
 */
@NullMarked
package dev.stockade.launcher.seccomp.oracle;

import org.jspecify.annotations.NullMarked;
