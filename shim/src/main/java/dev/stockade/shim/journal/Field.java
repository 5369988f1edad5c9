package dev.stockade.shim.journal;

/**
 * One {@code key=value} of a line.
 *
 * @param key lower case letters, digits and {@code _}, given by the code and not by data
 * @param value anything; it is escaped and cut when it is written
 */
public record Field(String key, String value) {
  /** The value as its {@code toString} shows it, which for a {@link Secret} is nothing. */
  public static Field of(String key, Object value) {
    return new Field(key, String.valueOf(value));
  }
}
