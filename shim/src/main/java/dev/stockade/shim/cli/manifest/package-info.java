/**
 * From a pod manifest (Kubernetes API, core/v1 Pod) to the CRI messages a kubelet would send for
 * it. What the manifest says and this cannot honour is refused with the path of the field; nothing
 * is skipped silently.
 */
@NullMarked
package dev.stockade.shim.cli.manifest;

import org.jspecify.annotations.NullMarked;
