package dev.stockade.shim.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DigestTest {
  private static final String HEX = "0123456789abcdef".repeat(4);

  @Test
  void bothAlgorithmsAreReadAndWritten() throws ImageException {
    assertThat(Digest.parse("sha256:" + HEX)).hasToString("sha256:" + HEX);
    assertThat(Digest.parse("sha512:" + HEX + HEX)).hasToString("sha512:" + HEX + HEX);
  }

  @Test
  void contentIsHashed() {
    assertThat(Digest.of(Digest.Algorithm.SHA256, "abc".getBytes(StandardCharsets.UTF_8)))
        .hasToString("sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "sha256",
        "sha256:",
        "sha256:../../x",
        "sha256:0123",
        "SHA256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "sha256:0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef",
        "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef/",
        "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n",
        "sha512:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "sha384:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "sha256:/123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
      })
  void anythingElseIsRefused(String text) {
    assertThatThrownBy(() -> Digest.parse(text)).isInstanceOf(ImageException.class);
  }

  @Test
  void aMessageShowsAHostileDigestHarmlessly() {
    assertThatThrownBy(() -> Digest.parse("sha256:\n<0>forged" + "x".repeat(1000)))
        .hasMessageContaining("\\u000a")
        .hasMessageNotContaining("\n")
        .message()
        .hasSizeLessThan(250);
  }
}
