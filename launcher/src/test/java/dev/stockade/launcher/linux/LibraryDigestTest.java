package dev.stockade.launcher.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The library and the JVM agree, however the content is cut. */
final class LibraryDigestTest {
  @ParameterizedTest
  @ValueSource(strings = {"SHA-256", "SHA-512"})
  void bothGiveTheSame(String algorithm) throws Exception {
    MessageDigest ours = LibraryDigest.of(algorithm);
    MessageDigest theirs = MessageDigest.getInstance(algorithm);
    Random random = new Random(4711);
    byte[] content = new byte[300_000];
    random.nextBytes(content);
    for (int round = 0; round < 50; round++) {
      int at = 0;
      int end = random.nextInt(content.length);
      while (at < end) {
        int part = Math.min(end - at, random.nextInt(round % 2 == 0 ? 200_000 : 200) + 1);
        ours.update(content, at, part);
        at += part;
      }
      byte[] expected = theirs.digest(Arrays.copyOf(content, end));
      assertThat(ours.digest()).isEqualTo(expected).hasSize(ours.getDigestLength());
    }
    ours.update((byte) 1);
    assertThat(ours.digest()).isEqualTo(theirs.digest(new byte[] {1}));
  }

  @ParameterizedTest
  @ValueSource(strings = {"/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/lib64"})
  void theLibraryIsUsedWhereItIs(String directory) {
    if (Files.exists(Path.of(directory, "libcrypto.so.3"))) {
      assertThat(LibraryDigest.of("SHA-256")).isInstanceOf(LibraryDigest.class);
    }
  }
}
