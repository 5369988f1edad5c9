/**
 * The client of image registries: OCI distribution-spec, pulling only. What a registry says is
 * hostile until its digest has been compared.
 */
@NullMarked
package dev.stockade.shim.registry;

import org.jspecify.annotations.NullMarked;
