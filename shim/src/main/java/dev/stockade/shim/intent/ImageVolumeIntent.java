package dev.stockade.shim.intent;

/**
 * Files of an image shown inside the container, read-only.
 *
 * @param image reference or id
 * @param subPath of the directory that is shown, relative and without {@code ..}; empty for all
 */
public record ImageVolumeIntent(String image, String subPath) {}
