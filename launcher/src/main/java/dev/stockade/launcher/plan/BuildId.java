package dev.stockade.launcher.plan;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/**
 * The identity of the warden this engine was built with: every change of warden's source, of the
 * plan's ABI or of its build changes it, and engine and warden of different builds do not talk.
 */
public final class BuildId {
  private static final byte[] BYTES = read();

  private BuildId() {}

  /** 16 bytes, computed by {@code native/scripts/build-id} for both sides. */
  public static byte[] bytes() {
    return BYTES.clone();
  }

  /** The same in lower-case hexadecimal, as {@code warden --abi} prints it. */
  public static String hex() {
    return HexFormat.of().formatHex(BYTES);
  }

  private static byte[] read() {
    try (InputStream text = BuildId.class.getResourceAsStream("build-id")) {
      if (text == null) {
        throw new IllegalStateException(
            "build-id is not on the class path: the build is incomplete");
      }
      String hex = new String(text.readAllBytes(), StandardCharsets.US_ASCII).strip();
      return HexFormat.of().parseHex(hex);
    } catch (IOException e) {
      throw new UncheckedIOException("build-id of the class path cannot be read", e);
    }
  }
}
