/** Pods: namespaces, files, network and the life they share with their containers. */
@NullMarked
package dev.stockade.shim.pod;

import org.jspecify.annotations.NullMarked;
