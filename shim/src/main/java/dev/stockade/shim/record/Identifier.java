package dev.stockade.shim.record;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * Identifiers of pods and containers: 64 lowercase hexadecimal digits, unguessable.
 *
 * <p>They become file names, cgroup names and socket names, so nothing else is ever accepted as
 * one.
 */
public final class Identifier {
  private static final int BYTES = 32;
  private static final Pattern WHOLE = Pattern.compile("[0-9a-f]{64}");
  private static final SecureRandom RANDOM = new SecureRandom();

  private Identifier() {}

  /** A new identifier of 256 random bits. */
  public static String next() {
    byte[] bytes = new byte[BYTES];
    RANDOM.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  /** Whether the text is a whole identifier. */
  public static boolean isWhole(String text) {
    return WHOLE.matcher(text).matches();
  }
}
