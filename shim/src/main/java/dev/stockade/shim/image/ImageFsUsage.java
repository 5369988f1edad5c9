package dev.stockade.shim.image;

import java.nio.file.Path;
import java.time.Instant;

/**
 * What the images use.
 *
 * @param directory the store's directory
 * @param bytes content and skeletons of unpacked layers, each once, and images' documents
 * @param inodes files made for the layers
 */
public record ImageFsUsage(Path directory, long bytes, long inodes, Instant at) {}
