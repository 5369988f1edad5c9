package dev.stockade.shim.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProxiesTest {
  private static String of(Map<String, String> environment, String address) throws Exception {
    return Proxies.of(environment)
        .of(URI.create(address))
        .map(ProxyAddress::toString)
        .orElse("directly");
  }

  @ParameterizedTest
  @CsvSource({
    "http://p.example:3128, p.example:3128",
    "p.example:3128, p.example:3128",
    "p.example, p.example:80",
    "HTTP://p.example/, p.example:80",
    "http://u:w@10.1.2.3:1, 10.1.2.3:1",
    "http://[fd00::1]:3128, [fd00::1]:3128",
  })
  void addressesHaveTheFormsPeopleWrite(String value, String proxy) throws Exception {
    assertThat(of(Map.of("HTTPS_PROXY", value), "https://r.example/v2")).isEqualTo(proxy);
  }

  @Test
  void eachSchemeHasItsOwnAndUpperCaseGoesFirst() throws Exception {
    Map<String, String> both = Map.of("HTTPS_PROXY", "s:1", "http_proxy", "p:2");
    assertThat(of(both, "https://r.example/v2")).isEqualTo("s:1");
    assertThat(of(both, "http://r.example:5000/v2")).isEqualTo("p:2");
    assertThat(of(Map.of("http_proxy", "p:2"), "https://r.example")).isEqualTo("directly");
    assertThat(of(Map.of("HTTP_PROXY", "a:1", "http_proxy", "b:2"), "http://r")).isEqualTo("a:1");
    assertThat(of(Map.of("HTTP_PROXY", "", "http_proxy", "b:2"), "http://r")).isEqualTo("b:2");
  }

  /** Of CGI, where HTTP_PROXY is what a client sends as the header Proxy. */
  @Test
  void aVariableThatAClientMayHaveSetDoesNotCount() throws Exception {
    Map<String, String> cgi = Map.of("HTTP_PROXY", "evil:1", "REQUEST_METHOD", "GET");
    assertThat(of(cgi, "http://r.example")).isEqualTo("directly");
    assertThat(
            of(
                Map.of("HTTP_PROXY", "evil:1", "http_proxy", "p:2", "REQUEST_METHOD", "GET"),
                "http://r"))
        .isEqualTo("p:2");
  }

  @Test
  void credentialsAreDecodedAndNotPrinted() throws Exception {
    Proxies proxies = Proxies.of(Map.of("HTTPS_PROXY", "http://us%40er:p%3Aa+%2Fw@p.example:1"));
    ProxyAddress proxy = proxies.of(URI.create("https://r.example")).orElseThrow();
    String shown = proxy.authorization().orElseThrow().substring("Basic ".length());
    assertThat(new String(Base64.getDecoder().decode(shown), StandardCharsets.UTF_8))
        .isEqualTo("us@er:p:a+/w");
    assertThat(proxies + " " + proxy).doesNotContain("p:a", "p%3A", "us@er", shown);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://user:hunter2@",
        "http://user:hunter2@host:port",
        "http://user:hunter2@host:0",
        "http://user:hunter2@host:70000",
        "http://user:hunter2@host/path",
        "http://user:hunter2@host?query",
        "http://user:hunter2@ho st",
        "http://user:hunter2#@host",
        "http://user:hunter2%0a@host",
        "http://us%3Aer:hunter2@host",
        "https://user:hunter2@host",
        "socks5://user:hunter2@host",
        "hunter2:x:y",
      })
  void whatIsNoProxyIsRefusedByNameAndNotShown(String value) {
    Throwable refused =
        catchThrowable(() -> Proxies.of(Map.of("https_proxy", value, "NO_PROXY", "a/b")));
    StringWriter all = new StringWriter();
    refused.printStackTrace(new PrintWriter(all));
    assertThat(all.toString()).contains("https_proxy ", "http://HOST:PORT", "NO_PROXY ", "\"a/b\"");
    assertThat(all.toString()).doesNotContain("hunter2");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "*|r.example:443|true",
        "r.example|r.example:443|true",
        "r.example|a.r.example:443|true",
        "r.example|ar.example:443|false",
        ".r.example|a.r.example:443|true",
        ".r.example|r.example:443|false",
        "*.r.example|a.b.r.example:443|true",
        "R.Example.|r.eXample:443|true",
        "r.example:5000|r.example:5000|true",
        "r.example:5000|r.example:443|false",
        "a.example, r.example|r.example:443|true",
        "a.example r.example|r.example:443|true",
        ",,|r.example:443|false",
        "10.0.0.0/8|10.200.1.1:443|true",
        "10.0.0.0/8|11.0.0.1:443|false",
        "192.168.7.128/25|192.168.7.129:443|true",
        "192.168.7.128/25|192.168.7.127:443|false",
        "10.0.0.0/8|ten.example:443|false",
        "0.0.0.0/0|9.9.9.9:443|true",
        "10.1.1.1|10.1.1.1:5000|true",
        "10.1.1.1:443|10.1.1.1:5000|false",
        "fd00::/8|[fd00:1::2]:443|true",
        "fd00::/8|[fe00::2]:443|false",
        "[fd00::1]:5000|[fd00::1]:5000|true",
        "fd00::1|[fd00:0::1]:5000|true",
        "''|localhost:5000|true",
        "''|127.3.2.1:5000|true",
        "''|[::1]:5000|true",
        "''|127.example:5000|false",
      })
  void exceptionsAreReadAsGoReadsThem(String value, String host, boolean direct) throws Exception {
    Map<String, String> environment =
        Map.of("HTTPS_PROXY", "p:1", value.isEmpty() ? "X" : "no_proxy", value);
    assertThat(of(environment, "https://" + host.replaceFirst(":443$", "") + "/v2"))
        .isEqualTo(direct ? "directly" : "p:1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://r.example",
        "10.0.0.0/33",
        "10.0.0.0/",
        "a/8",
        "r.example:x",
        "a..b",
        "**"
      })
  void anExceptionThatIsNoneIsRefused(String value) {
    assertThatThrownBy(() -> Proxies.of(Map.of("NO_PROXY", "ok.example," + value)))
        .hasMessageContaining("NO_PROXY has the entry \"" + value + "\"");
  }
}
