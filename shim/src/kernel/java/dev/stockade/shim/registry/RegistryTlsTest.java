package dev.stockade.shim.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsExchange;
import dev.stockade.shim.call.Call;
import dev.stockade.shim.image.Digest;
import dev.stockade.shim.image.ImageReference;
import dev.stockade.shim.image.LayoutBuilder;
import dev.stockade.shim.registry.Credentials.Basic;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A registry's certificate is judged as its hosts.toml says, and its TLS is never left. */
final class RegistryTlsTest {
  private static final char[] PASSWORD = "changeit".toCharArray();
  private static final byte[] TOP = LayoutBuilder.utf8("{'schemaVersion':2}");

  private Path directory;
  private ScriptedRegistry registry;

  @BeforeEach
  void start(@TempDir Path temporary) throws Exception {
    directory = temporary;
    keytool("-genkeypair", "-keyalg", "EC", "-dname", "CN=registry", "-ext", "san=ip:127.0.0.1");
    keytool("-exportcert", "-rfc", "-file", directory.resolve("own.pem").toString());
    registry = ScriptedRegistry.startTls(context()).serving(new LayoutBuilder(), "1", TOP);
  }

  @AfterEach
  void end() {
    registry.close();
  }

  private void keytool(String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of(arguments));
    command.addAll(
        List.of("-alias", "own", "-storepass", "changeit", "-storetype", "PKCS12", "-keystore"));
    command.add(directory.resolve("store").toString());
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(said).isZero();
  }

  private SSLContext context() throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(directory.resolve("store"))) {
      store.load(in, PASSWORD);
    }
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, PASSWORD);
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    String key = Base64.getMimeEncoder().encodeToString(store.getKey("own", PASSWORD).getEncoded());
    Files.writeString(
        directory.resolve("key.pem"),
        "-----BEGIN PRIVATE KEY-----\n" + key + "\n-----END PRIVATE KEY-----\n");
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
    return context;
  }

  private Digest resolve(String settings) throws Exception {
    return resolve(registry.host(), Proxies.NONE, settings);
  }

  private Digest resolve(String host, Proxies proxies, String settings) throws Exception {
    Path hosts = Files.createDirectories(directory.resolve("certs.d").resolve(host));
    Files.writeString(
        hosts.resolve("hosts.toml"), "server = \"https://" + host + "\"\n" + settings);
    ImageReference reference = ImageReference.parse(host + "/app:1");
    RegistryClient client =
        RegistryClient.of(
            reference,
            new RegistryHosts(directory.resolve("certs.d"), proxies),
            new Basic("user", "pass"),
            Duration.ofSeconds(5),
            Call.OWN);
    return client.root(List.of(), 1 << 20).digest();
  }

  @Test
  void anUnknownAuthorityIsNotTrusted() {
    RegistryException refused = catchThrowableOfType(RegistryException.class, () -> resolve(""));
    assertThat(refused.kind()).isEqualTo(RegistryException.Kind.CONFIGURATION);
    assertThat(refused).hasMessageContaining("ca in hosts.toml");
    assertThat(registry.requests).isEmpty();
  }

  @Test
  void aGivenAuthorityIsTrustedAndAnyoneIsWhereThatIsAskedFor() throws Exception {
    String own = "ca = \"" + directory.resolve("own.pem") + "\"\n";
    assertThat(resolve(own)).isEqualTo(Digest.sha256(TOP));
    assertThat(resolve("skip_verify = true\n")).isEqualTo(Digest.sha256(TOP));
  }

  /** Whoever is judged is the registry, not the proxy. */
  @Test
  void anyoneIsTrustedThroughAProxyTooWhereThatIsAskedFor() throws Exception {
    try (ForwardProxy proxy = new ForwardProxy(Optional.empty())) {
      String named = registry.host().replace("127.0.0.1", "registry.example");
      Proxies proxies = Proxies.of(Map.of("HTTPS_PROXY", "http://" + proxy.address()));
      assertThat(resolve(named, proxies, "skip_verify = true\n")).isEqualTo(Digest.sha256(TOP));
      assertThat(proxy.heads).isNotEmpty();
    }
  }

  @Test
  void neitherARedirectNorATokenLeavesTls() {
    registry.mischief =
        exchange -> {
          exchange.getResponseHeaders().set("Location", "http://127.0.0.1:9/elsewhere");
          ScriptedRegistry.answer(exchange, 302, new byte[0]);
          return true;
        };
    assertThat(catchThrowableOfType(RegistryException.class, () -> resolve("skip_verify = true\n")))
        .hasMessageContaining("without TLS");
    registry.mischief =
        exchange -> {
          exchange
              .getResponseHeaders()
              .set("WWW-Authenticate", "Bearer realm=\"http://127.0.0.1:9/token\"");
          ScriptedRegistry.answer(exchange, 401, new byte[0]);
          return true;
        };
    assertThat(catchThrowableOfType(RegistryException.class, () -> resolve("skip_verify = true\n")))
        .hasMessageContaining("without TLS");
  }

  /** The registry wants a token of the other one, which gives one to whoever asks. */
  private void tokensFrom(ScriptedRegistry other, List<Integer> certificates) {
    registry.mischief =
        exchange -> {
          certificates.add(shown(exchange));
          if ("Bearer t0ken".equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
            return false;
          }
          exchange
              .getResponseHeaders()
              .set("WWW-Authenticate", "Bearer realm=\"https://" + other.host() + "/token\"");
          ScriptedRegistry.answer(exchange, 401, new byte[0]);
          return true;
        };
    other.mischief =
        exchange -> {
          certificates.add(shown(exchange));
          ScriptedRegistry.answer(exchange, 200, LayoutBuilder.utf8("{'token':'t0ken'}"));
          return true;
        };
  }

  /** How many certificates the client has shown. */
  private static int shown(HttpExchange exchange) {
    try {
      return ((HttpsExchange) exchange).getSSLSession().getPeerCertificates().length;
    } catch (SSLPeerUnverifiedException e) {
      return 0;
    }
  }

  /** Whoever stands between this node and the token server would be shown the credentials. */
  @Test
  void whatIsNotVerifiedIsTheRegistryAlone() throws Exception {
    try (ScriptedRegistry other = ScriptedRegistry.startTls(context())) {
      tokensFrom(other, new ArrayList<>());
      RegistryException refused =
          catchThrowableOfType(RegistryException.class, () -> resolve("skip_verify = true\n"));
      assertThat(refused.kind()).isEqualTo(RegistryException.Kind.CONFIGURATION);
      assertThat(refused)
          .hasMessageContaining(other.host())
          .hasMessageContaining("ca in hosts.toml");
      assertThat(other.requests).isEmpty();
      registry.mischief =
          exchange -> {
            exchange.getResponseHeaders().set("Location", "https://" + other.host() + "/app");
            ScriptedRegistry.answer(exchange, 302, new byte[0]);
            return true;
          };
      assertThat(
              catchThrowableOfType(RegistryException.class, () -> resolve("skip_verify = true\n")))
          .hasMessageContaining(other.host());
      assertThat(other.requests).isEmpty();
    }
  }

  @Test
  void aGivenAuthorityIsTrustedForTheTokenServerToo() throws Exception {
    try (ScriptedRegistry other = ScriptedRegistry.startTls(context())) {
      tokensFrom(other, new ArrayList<>());
      String own = "ca = \"" + directory.resolve("own.pem") + "\"\nskip_verify = true\n";
      assertThat(resolve(own)).isEqualTo(Digest.sha256(TOP));
      assertThat(other.shown("/token")).contains(new Basic("user", "pass").header());
    }
  }

  @Test
  void aClientCertificateIsShownToTheRegistryAlone() throws Exception {
    List<Integer> certificates = Collections.synchronizedList(new ArrayList<>());
    try (ScriptedRegistry other = ScriptedRegistry.startTls(context())) {
      tokensFrom(other, certificates);
      String own =
          "ca = \"%1$s/own.pem\"\nclient = [[\"%1$s/own.pem\", \"%1$s/key.pem\"]]\n"
              .formatted(directory);
      assertThat(resolve(own)).isEqualTo(Digest.sha256(TOP));
      assertThat(certificates).containsExactly(1, 0, 1);
    }
  }
}
