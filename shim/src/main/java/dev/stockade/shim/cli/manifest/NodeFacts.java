package dev.stockade.shim.cli.manifest;

/**
 * What the translation of a manifest has to know of the node.
 *
 * @param memoryBytes all memory of the node, which the out-of-memory bias of a pod is a share of
 * @param recursiveReadOnly whether mounts can be read-only with all below them
 */
public record NodeFacts(long memoryBytes, boolean recursiveReadOnly) {}
