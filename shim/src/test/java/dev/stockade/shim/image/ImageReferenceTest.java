package dev.stockade.shim.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ImageReferenceTest {
  private static final String HEX = "0123456789abcdef".repeat(4);

  @ParameterizedTest
  @CsvSource({
    "busybox,                       docker.io/library/busybox:latest",
    "busybox:1.36,                  docker.io/library/busybox:1.36",
    "library/busybox,               docker.io/library/busybox:latest",
    "index.docker.io/busybox:1,     docker.io/library/busybox:1",
    "docker.io/busybox:1,           docker.io/library/busybox:1",
    "someone/tool,                  docker.io/someone/tool:latest",
    "registry.k8s.io/pause:3.10,    registry.k8s.io/pause:3.10",
    "localhost/x:y,                 localhost/x:y",
    "localhost:5000/a/b__c--d:T_.-, localhost:5000/a/b__c--d:T_.-",
    "[::1]:5000/a:1,                '[::1]:5000/a:1'",
    "Host/a:1,                      Host/a:1",
  })
  void namesAreNormalisedAsDockerDoes(String given, String normal) throws ImageException {
    assertThat(ImageReference.parse(given)).hasToString(normal);
    assertThat(ImageReference.parse(normal)).isEqualTo(ImageReference.parse(given));
  }

  @Test
  void aDigestStandsWithoutATagAndBesideOne() throws ImageException {
    assertThat(ImageReference.parse("busybox@sha256:" + HEX))
        .hasToString("docker.io/library/busybox@sha256:" + HEX);
    assertThat(ImageReference.parse("busybox:1@sha256:" + HEX))
        .hasToString("docker.io/library/busybox:1@sha256:" + HEX);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ":",
        "@",
        "a:",
        "a@",
        "/a",
        "a/",
        "a//b",
        "A",
        "a/B",
        "-a",
        "a-",
        "a..b",
        "a___b",
        "a/../b",
        "../a",
        "a b",
        "a\n",
        "a:b c",
        "a:-x",
        "a:.x",
        "host:port/a",
        "host:123456/a",
        "-host.example/a",
        "host-.example/a",
        "http://host.example/a",
        "user@host.example/a",
        "a@sha256:../../etc/passwd",
        "a@sha256:0123",
        "a@md5:0123456789abcdef0123456789abcdef",
        "ä",
      })
  void anythingElseIsRefused(String text) {
    assertThatThrownBy(() -> ImageReference.parse(text))
        .isInstanceOfSatisfying(
            ImageException.class,
            e -> assertThat(e.kind()).isEqualTo(ImageException.Kind.MALFORMED));
  }

  @Test
  void anImageIdIsNoName() {
    assertThatThrownBy(() -> ImageReference.parse(HEX)).hasMessageContaining("image id");
  }

  @Test
  void lengthsAreBounded() throws ImageException {
    assertThat(ImageReference.parse("host.example/" + "a".repeat(242) + ":" + "t".repeat(128)))
        .isNotNull();
    assertThatThrownBy(() -> ImageReference.parse("host.example/" + "a".repeat(243)))
        .hasMessageContaining("255");
    assertThatThrownBy(() -> ImageReference.parse("a:" + "t".repeat(129)))
        .hasMessageContaining("tag");
    assertThatThrownBy(() -> ImageReference.parse("a/".repeat(500_000) + "a"))
        .hasMessageContaining("longer");
  }
}
