package dev.stockade.shim.intent;

/**
 * A range of identifiers of a user namespace: {@code length} identifiers from {@code containerId}
 * on are those from {@code hostId} on outside (user_namespaces(7)).
 */
public record IdMap(long containerId, long hostId, long length) {}
