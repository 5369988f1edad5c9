package dev.stockade.shim.signature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stockade.shim.image.Digest;
import dev.stockade.shim.image.ImageException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PayloadTest {
  private static final Digest MANIFEST = Digest.sha256(new byte[0]);
  private static final String GOOD =
      new String(Signer.payload(MANIFEST, "registry.example/app:1"), StandardCharsets.UTF_8);

  private static Payload parse(String text) throws ImageException {
    return Payload.parse(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void itSaysWhichManifestWasSignedAsWhat() throws Exception {
    Payload payload = parse(GOOD);
    assertThat(payload.manifest()).isEqualTo(MANIFEST);
    assertThat(payload.name()).hasToString("registry.example/app:1");
    assertThat(parse(GOOD.replace("null", "{\"creator\":\"x\",\"timestamp\":1}")))
        .isEqualTo(payload);
  }

  @ParameterizedTest
  @CsvSource({
    "registry.example/app, registry.example/app",
    "index.docker.io/library/app, docker.io/library/app"
  })
  void aNameMayBeARepositoryAlone(String written, String name) throws Exception {
    SignedName signed = parse(GOOD.replace("registry.example/app:1", written)).name();
    assertThat(signed.exact()).isEmpty();
    assertThat(signed.repository()).isEqualTo(name);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"optional\":null| \"optional\":null,\"more\":1",
        ",\"optional\":null| ''",
        "\"optional\":null| \"optional\":1",
        "cosign container image signature| atomic container signature",
        "\"critical\":{| \"critical\":{\"type\":\"cosign container image signature\",",
        "\"critical\":{| \"Critical\":{},\"critical\":{",
        "\"critical\":{| \"critical\":{\"expires\":0,",
        "\"identity\":{| \"identity\":{\"and\":1,",
        "\"image\":{| \"image\":{\"Docker-manifest-digest\":\"x\",",
        "sha256:| sha256:0",
        "sha256:| SHA256:",
        "registry.example/app:1| Registry.example/App:1",
        "null}| null} {}",
        "null}| null"
      })
  void everythingElseIsRefused(String part, String instead) {
    String bad = GOOD.replace(part, instead);
    assertThat(bad).isNotEqualTo(GOOD);
    assertThatThrownBy(() -> parse(bad)).isInstanceOf(ImageException.class);
  }
}
