package dev.stockade.launcher.plan;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/** The identity of the plan ABI: warden and engine of different ABIs do not talk. */
public final class BuildId {
  private static final int LENGTH = 16;
  private static final byte[] BYTES = compute();

  private BuildId() {}

  /** The first 16 bytes of the SHA-256 of {@code plan.abi}. */
  public static byte[] bytes() {
    return BYTES.clone();
  }

  /** The same in lower-case hexadecimal, as {@code warden --abi} prints it. */
  public static String hex() {
    return HexFormat.of().formatHex(BYTES);
  }

  private static byte[] compute() {
    try (InputStream abi = BuildId.class.getResourceAsStream("plan.abi")) {
      if (abi == null) {
        throw new IllegalStateException(
            "plan.abi is not on the class path: the build is incomplete");
      }
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(abi.readAllBytes());
      return Arrays.copyOf(digest, LENGTH);
    } catch (IOException e) {
      throw new UncheckedIOException("plan.abi of the class path cannot be read", e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
