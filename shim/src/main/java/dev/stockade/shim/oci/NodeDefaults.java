package dev.stockade.shim.oci;

import dev.stockade.launcher.caps.CapabilitySet;

/**
 * What the node's configuration gives containers that do not ask.
 *
 * @param capabilities granted without asking
 * @param seccompWhenUnset whether a container without a seccomp profile gets the default one
 *     instead of none
 * @param privilegedHostDevices whether privileged containers get the host's devices
 */
public record NodeDefaults(
    CapabilitySet capabilities, boolean seccompWhenUnset, boolean privilegedHostDevices) {}
