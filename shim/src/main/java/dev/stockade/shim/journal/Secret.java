package dev.stockade.shim.journal;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;

/**
 * Text that must not be shown: credentials, values of environment variables. It shows as {@code
 * [secret]} wherever it is printed by mistake, and {@link #close} overwrites it.
 */
public final class Secret implements AutoCloseable {
  private static final String SHOWN = "[secret]";

  private final byte[] content;

  private Secret(byte[] content) {
    this.content = content;
  }

  /**
   * Takes a copy; the text itself stays in memory until it is collected, so read secrets as bytes
   * where possible.
   */
  public static Secret of(String text) {
    return new Secret(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Takes ownership of the array, which is overwritten by {@link #close}. */
  public static Secret owning(byte[] content) {
    return new Secret(content);
  }

  /** The content, for the one place that needs it. */
  public String reveal() {
    return new String(content, StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    Arrays.fill(content, (byte) 0);
  }

  /** Takes as long for nearly equal secrets as for others. */
  @Override
  public boolean equals(Object other) {
    return other instanceof Secret secret && MessageDigest.isEqual(content, secret.content);
  }

  /** The same for all, because a hash of a short secret gives it away. */
  @Override
  public int hashCode() {
    return SHOWN.hashCode();
  }

  @Override
  public String toString() {
    return SHOWN;
  }
}
