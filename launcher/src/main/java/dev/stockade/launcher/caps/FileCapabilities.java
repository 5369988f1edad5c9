package dev.stockade.launcher.caps;

/**
 * The capabilities of an executable, {@code security.capability} of xattr(7) as it applies in the
 * process's user namespace.
 *
 * @param permitted added to the permitted set, as far as the bounding set allows
 * @param inheritable kept of the inheritable set
 * @param effective whether the new permitted set becomes effective
 */
public record FileCapabilities(
    CapabilitySet permitted, CapabilitySet inheritable, boolean effective) {}
