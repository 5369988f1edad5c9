/**
 * From an intent and the image's config to the OCI runtime spec of a container. Pure: what has to
 * be read from the image or the host is read before and handed in.
 */
@NullMarked
package dev.stockade.shim.oci;

import org.jspecify.annotations.NullMarked;
