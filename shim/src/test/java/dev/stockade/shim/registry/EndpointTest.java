package dev.stockade.shim.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EndpointTest {
  @Test
  void aRegistryOnThisMachineSpeaksPlainHttp() throws Exception {
    assertThat(Endpoint.plain("localhost:5000").base())
        .isEqualTo(URI.create("http://localhost:5000/v2"));
    assertThat(Endpoint.plain("docker.io").base())
        .isEqualTo(URI.create("https://registry-1.docker.io/v2"));
  }

  /** References may have names of registries that no request can be sent to. */
  @ParameterizedTest
  @ValueSource(strings = {"1.0.1", "a.1", "[::::]", "a.example:65536"})
  void whatIsNoHostIsRefused(String registry) {
    assertThatThrownBy(() -> Endpoint.plain(registry))
        .isInstanceOf(RegistryException.class)
        .hasMessage(
            "registry "
                + registry
                + " is not the address of a host; correct the name of the image");
  }

  @Test
  void noHostIsFollowedToAPortThereIsNot() {
    assertThat(Exchange.address("https://a.example:65535/x")).isPresent();
    assertThat(Exchange.address("https://a.example:65536/x")).isEmpty();
  }
}
