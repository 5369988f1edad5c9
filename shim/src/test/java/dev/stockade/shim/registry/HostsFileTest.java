package dev.stockade.shim.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class HostsFileTest {
  private static final Path FILE = Path.of("/etc/stockade/certs.d/r.example/hosts.toml");

  private static List<Endpoint> read(String text) throws RegistryException {
    return HostsFile.read(FILE, text, "r.example");
  }

  @Test
  void mirrorsComeFirstInTheirOrder() throws Exception {
    List<Endpoint> endpoints =
        read(
            """
            server = "https://r.example"
            [host."https://z.example:5000/cache"]
            capabilities = ["pull"]
            ca = "z.pem"
            client = [["c.pem", "/k.pem"]]
            [host."https://z.example:5000/cache".header]
            X-One = "1"
            X-Two = ["2", "3"]
            [host."http://a.example"]
            skip_verify = true
            override_path = true
            """);
    assertThat(endpoints)
        .extracting(Endpoint::base)
        .containsExactly(
            URI.create("https://z.example:5000/cache/v2"),
            URI.create("http://a.example"),
            URI.create("https://r.example/v2"));
    Endpoint first = endpoints.get(0);
    assertThat(first.resolves()).isFalse();
    assertThat(first.own()).isFalse();
    assertThat(first.tls())
        .isEqualTo(
            new Endpoint.Tls(
                true,
                List.of(FILE.resolveSibling("z.pem")),
                List.of(
                    new Endpoint.ClientPair(
                        FILE.resolveSibling("c.pem"), Optional.of(Path.of("/k.pem"))))));
    assertThat(first.headers())
        .isEqualTo(Map.of("X-One", List.of("1"), "X-Two", List.of("2", "3")));
    assertThat(endpoints.get(1).tls().verify()).isFalse();
    assertThat(endpoints.get(2).own()).isTrue();
  }

  /** Only the registry itself is shown credentials, whatever else is called its server. */
  @Test
  void anotherServerIsNotTheRegistry() throws Exception {
    assertThat(read("server = \"https://other.example\""))
        .singleElement()
        .extracting(Endpoint::own)
        .isEqualTo(false);
  }

  /** Nor is it shown them in clear by another line than the one that says that it has no TLS. */
  @Test
  void withoutTlsItIsTheRegistryOnlyWhereItsServerHasNone() throws Exception {
    String clear = "[host.\"http://r.example\"]\n";
    assertThat(own("server = \"https://r.example\"\n" + clear)).containsExactly(false, true);
    assertThat(own(clear)).containsExactly(false, true);
    assertThat(own("server = \"http://other.example\"\n" + clear)).containsExactly(false, false);
    assertThat(own("server = \"HTTP://r.example\"\n" + clear)).containsExactly(true, true);
    assertThat(own("server = \"http://r.example\"\n[host.\"https://r.example\"]\n"))
        .containsExactly(true, true);
  }

  private static List<Boolean> own(String text) throws RegistryException {
    return read(text).stream().map(Endpoint::own).toList();
  }

  @Test
  void aHostThatOnlyTakesImagesIsNotAsked() throws Exception {
    assertThat(read("[host.\"https://m.example\"]\ncapabilities = [\"push\"]\n")).hasSize(1);
  }

  @Test
  void everyProblemIsToldAtOnce() {
    assertThatThrownBy(
            () ->
                read(
                    """
                    sever = "x"
                    [host."ftp://m.example"]
                    capabilities = ["fly"]
                    [host."https://u:p@m.example"]
                    [host."https://m.example"]
                    ca = 1
                    [host."https://m.example".header]
                    Host = "other"
                    """))
        .isInstanceOf(RegistryException.class)
        .hasMessageContaining(FILE.toString())
        .hasMessageContaining("sever: unknown key")
        .hasMessageContaining("fly is none of pull, resolve, push")
        .hasMessageContaining("host.\"ftp://m.example\": not the address of a host")
        .hasMessageContaining("host.\"https://u:p@m.example\": not the address of a host")
        .hasMessageContaining(".ca: neither text nor a list of texts")
        .hasMessageContaining(".header.Host: not a header that can be set");
    assertThatThrownBy(() -> read("= 1")).hasMessageContaining("is not TOML");
  }

  /** A certificate that is not verified because of a typing error, or the reverse, is no trifle. */
  @Test
  void aValueOfAnotherTypeIsAProblem() {
    String flag = ": not a boolean, true or false without quotes";
    assertThatThrownBy(
            () ->
                read(
                    """
                    server = 1
                    skip_verify = "true"
                    [host."https://a.example"]
                    skip_verify = 1
                    override_path = "yes"
                    capabilities = true
                    client = 1
                    header = "X-One: 1"
                    [host]
                    "https://b.example" = true
                    """))
        .isInstanceOf(RegistryException.class)
        .hasMessageStartingWith(FILE + ": ")
        .hasMessageContaining("server: not a string")
        .hasMessageContaining("server.skip_verify" + flag)
        .hasMessageContaining("host.\"https://a.example\".skip_verify" + flag)
        .hasMessageContaining("host.\"https://a.example\".override_path" + flag)
        .hasMessageContaining(".capabilities: neither text nor a list of texts")
        .hasMessageContaining(".client: neither text nor a list of texts")
        .hasMessageContaining("host.\"https://a.example\".header: not a table")
        .hasMessageContaining("host.\"https://b.example\": not a table");
    assertThatThrownBy(() -> read("host = \"https://a.example\""))
        .hasMessageContaining("host: not a table");
    assertThatThrownBy(() -> read("[[host]]\nca = \"a\""))
        .hasMessageContaining("host: not a table");
  }

  @Test
  void whatNoFileAndNoHostCanBeIsAProblem() {
    assertThatThrownBy(
            () ->
                read(
                    """
                    ca = "a\\u0000.pem"
                    client = [["b", "c\\u0000"]]
                    [host."https://m.example:65536"]
                    """))
        .isInstanceOf(RegistryException.class)
        .hasMessageContaining("server.ca: no file has a name with a NUL")
        .hasMessageContaining("server.client: no file has a name with a NUL")
        .hasMessageContaining("host.\"https://m.example:65536\": not the address of a host");
  }

  @Test
  void settingsWithoutAServerAreTheRegistrys() throws Exception {
    Endpoint own = read("client = \"c.pem\"\n[header]\nX-One = \"1\"\n").get(0);
    assertThat(own.own()).isTrue();
    assertThat(own.tls().clients()).hasSize(1);
    assertThat(own.headers()).containsKey("X-One");
  }
}
