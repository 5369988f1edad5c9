package dev.stockade.shim.lsm;

/**
 * The contexts of a pod or container.
 *
 * @param process of its processes and their keyrings
 * @param file of the file systems that are made for it, and of its standard streams
 */
public record SelinuxLabels(String process, String file) {}
