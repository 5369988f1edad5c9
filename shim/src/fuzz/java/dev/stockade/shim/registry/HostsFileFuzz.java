package dev.stockade.shim.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.shim.fuzz.FuzzTarget;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.stream.Stream;

/** A hosts.toml: hosts that can be asked with its headers, or its problems. */
public final class HostsFileFuzz implements FuzzTarget {
  private static final Path FILE = Path.of("/etc/stockade/certs.d/r.example/hosts.toml");
  private static final String REGISTRY = "r.example";

  @Override
  public Stream<byte[]> seeds() {
    return Stream.of(
            "",
            "server = 'https://r.example:443/v2'\nskip_verify = true\n",
            "server = 'https://other.example'\nca = ['a.pem', '/b.pem']\n",
            """
            server = "https://r.example"
            [host."https://z.example:5000/cache"]
            capabilities = ["pull", "resolve"]
            ca = "z.pem"
            client = [["c.pem", "/k.pem"], ["d.pem", ""]]
            [host."https://z.example:5000/cache".header]
            X-One = "1"
            X-Two = ["2", "3"]
            [host."http://a.example"]
            skip_verify = true
            override_path = true
            client = "c.pem"
            ca = "a\\u0020b.pem"
            """,
            """
            sever = 1979-05-27T07:32:00Z
            [host."ftp://m.example"]
            capabilities = ["fly"]
            [host."https://u:p@m.example"]
            header = { Host = "other" }
            """)
        .map(text -> text.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void take(byte[] input) {
    try {
      String text = new String(input, StandardCharsets.UTF_8);
      HostsFile.read(FILE, text, REGISTRY).forEach(HostsFileFuzz::check);
    } catch (RegistryException e) {
      assertThat(e.getMessage()).startsWith(FILE.toString());
    }
  }

  private static void check(Endpoint endpoint) {
    assertThat(endpoint.base().getScheme()).isIn("http", "https");
    assertThat(endpoint.base().getRawUserInfo()).isNull();
    if (endpoint.own()) {
      assertThat(endpoint.base().getRawAuthority()).isEqualToIgnoringCase(REGISTRY);
    }
    HttpRequest.Builder request =
        HttpRequest.newBuilder(endpoint.uri("library/a", "manifests", "1"));
    endpoint.headers().forEach((name, values) -> values.forEach(v -> request.header(name, v)));
    assertThat(request.build().uri().getPort()).isLessThan(1 << 16);
  }
}
