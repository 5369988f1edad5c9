package dev.stockade.shim.lsm;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The AppArmor profile of containers that name none.
 *
 * @param name with a digest of the text: a profile of this name that is loaded has this text, and
 *     containers of an earlier build keep theirs
 * @param policy as apparmor_parser(8) takes it
 */
record DefaultProfile(String name, String policy) {
  /** That of this build. */
  static final DefaultProfile OURS = of(text());

  /** Of the names in all builds. */
  static final String PREFIX = "stockade-default-";

  private static final int DIGEST_BYTES = 5;

  static DefaultProfile of(String text) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      String name = PREFIX + HexFormat.of().formatHex(digest, 0, DIGEST_BYTES);
      return new DefaultProfile(name, text.replace("@NAME@", name));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String text() {
    try (InputStream in = DefaultProfile.class.getResourceAsStream("default-profile.apparmor")) {
      if (in == null) {
        throw new IllegalStateException("this build lacks its default AppArmor profile");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
