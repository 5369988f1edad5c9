/**
 * The Container Device Interface: which changes to a container the node's own files ask for when it
 * names one of their devices.
 */
@NullMarked
package dev.stockade.shim.cdi;

import org.jspecify.annotations.NullMarked;
