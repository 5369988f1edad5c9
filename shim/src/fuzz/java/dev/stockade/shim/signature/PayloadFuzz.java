package dev.stockade.shim.signature;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.shim.fuzz.FuzzTarget;
import dev.stockade.shim.image.Digest;
import dev.stockade.shim.image.ImageException;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;

/** What a signature is over: a digest and a name in their normal forms, or a refusal. */
public final class PayloadFuzz implements FuzzTarget {
  private static final String HEX = "0123456789abcdef".repeat(4);

  @Override
  public Stream<byte[]> seeds() {
    return Stream.concat(
        Stream.of("r.example:5000/ns/app:1", "docker.io/library/app", "app@sha256:" + HEX)
            .map(name -> Signer.payload(new Digest(Digest.Algorithm.SHA256, HEX), name)),
        Stream.of(
                "{'critical':{'identity':{'docker-reference':'r.example/a:1'},'image':{"
                    + "'docker-manifest-digest':'sha512:"
                    + HEX
                    + HEX
                    + "'},'type':'cosign container image signature'},"
                    + "'optional':{'creator':'c','timestamp':1}}",
                "{'critical':{},'Critical':{},'optional':null}")
            .map(text -> text.replace('\'', '"').getBytes(StandardCharsets.UTF_8)));
  }

  @Override
  public void take(byte[] input) throws Exception {
    Payload payload;
    try {
      payload = Payload.parse(input);
    } catch (ImageException e) {
      assertThat(e.getMessage()).hasSizeLessThan(2000).matches("[\\x20-\\x7e]+");
      return;
    }
    assertThat(Digest.parse(payload.manifest().toString())).isEqualTo(payload.manifest());
    SignedName name = payload.name();
    assertThat(SignedName.parse(name.toString())).isEqualTo(name);
  }
}
