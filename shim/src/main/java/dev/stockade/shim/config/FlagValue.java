package dev.stockade.shim.config;

/**
 * A setting given on the command line, which wins over every file.
 *
 * @param flag as the person wrote it, for messages
 * @param key for example {@code log.level}
 * @param value a number, {@code true} or {@code false}, text, or a list parted by commas
 */
public record FlagValue(String flag, String key, String value) {}
