package dev.stockade.shim.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.shim.fuzz.FuzzTarget;
import dev.stockade.shim.image.Digest;
import dev.stockade.shim.image.ImageException;
import dev.stockade.shim.image.ImageReference;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;

/** A reference or a digest: its own normal form, and one that a registry can be asked for. */
public final class ReferenceFuzz implements FuzzTarget {
  @Override
  public Stream<byte[]> seeds() {
    String hex = "0123456789abcdef".repeat(4);
    return Stream.of(
            "busybox",
            "docker.io/library/busybox:1.36",
            "localhost:5000/a/b__c.d-e:Tag_1.2-3@sha256:" + hex,
            "[::1]:5000/a@sha512:" + hex + hex,
            "127.0.0.1/x",
            "index.docker.io/a",
            "sha256:" + hex,
            "sha256:../../../../etc/passwd",
            "a/../b:1",
            "A.example/a")
        .map(text -> text.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void take(byte[] input) throws Exception {
    String text = new String(input, StandardCharsets.UTF_8);
    try {
      Digest digest = Digest.parse(text);
      assertThat(digest).hasToString(text).isEqualTo(Digest.parse(digest.toString()));
      assertThat(digest.hex()).matches("[0-9a-f]{64}|[0-9a-f]{128}");
    } catch (ImageException e) {
      checkMessage(e);
    }
    ImageReference reference;
    try {
      reference = ImageReference.parse(text);
    } catch (ImageException e) {
      checkMessage(e);
      return;
    }
    assertThat(ImageReference.parse(reference.toString())).isEqualTo(reference);
    assertThat(reference.toString()).matches("[\\x21-\\x7e]+").doesNotContain("//");
    // A tag may have dots in a row; it is one segment and never a path.
    assertThat(reference.domain() + "/" + reference.path()).doesNotContain("..");
    String name = reference.tag().orElseGet(() -> reference.digest().orElseThrow().toString());
    try {
      Endpoint plain = Endpoint.plain(reference.domain());
      HttpRequest request =
          HttpRequest.newBuilder(plain.uri(reference.path(), "manifests", name)).build();
      assertThat(request.uri().getPort()).isLessThan(1 << 16);
    } catch (RegistryException e) {
      assertThat(e.getMessage()).startsWith("registry ").hasSizeLessThan(1000);
    }
  }

  private static void checkMessage(ImageException e) {
    assertThat(e.getMessage()).hasSizeLessThan(1000).matches("[\\x20-\\x7e]+");
  }
}
