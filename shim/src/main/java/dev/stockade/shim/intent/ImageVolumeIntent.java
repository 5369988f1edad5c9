package dev.stockade.shim.intent;

/**
 * Files of an image shown inside the container, read-only.
 *
 * @param image reference or id
 * @param imageName how the user named it, where the client tells; else the same
 * @param subPath of the directory that is shown, relative and without {@code ..}; empty for all
 */
public record ImageVolumeIntent(String image, String imageName, String subPath) {}
