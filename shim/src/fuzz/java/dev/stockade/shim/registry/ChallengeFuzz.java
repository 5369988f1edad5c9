package dev.stockade.shim.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.shim.fuzz.FuzzTarget;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;

/** A header that asks for credentials, whose realm, if it is an address, can be asked. */
public final class ChallengeFuzz implements FuzzTarget {
  @Override
  public Stream<byte[]> seeds() {
    return Stream.of(
            "Basic realm=\"a, \\\"b\\\"\"",
            "Bearer realm=\"https://auth.example/t?x=1\",service=\"r.example\",scope=pull",
            "Negotiate, Bearer realm=\"unclosed",
            "=,=, \"\"")
        .map(text -> text.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void take(byte[] input) {
    String header = new String(input, StandardCharsets.ISO_8859_1);
    for (Challenge challenge : Challenge.parse(List.of(header))) {
      assertThat(challenge.scheme()).matches("[a-z0-9!#$%&'*+.^_`|~-]+");
      assertThat(challenge.parameters().keySet())
          .allMatch(name -> name.matches("[a-z0-9!#$%&'*+.^_`|~-]+"));
      Exchange.address(challenge.parameters().getOrDefault("realm", ""))
          .ifPresent(
              realm ->
                  assertThat(HttpRequest.newBuilder(realm).build().uri().getPort())
                      .isLessThan(1 << 16));
    }
  }
}
