package dev.stockade.shim.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

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
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
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
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    return context;
  }

  private Digest resolve(String settings) throws Exception {
    Path hosts = Files.createDirectories(directory.resolve("certs.d").resolve(registry.host()));
    Files.writeString(
        hosts.resolve("hosts.toml"), "server = \"https://" + registry.host() + "\"\n" + settings);
    ImageReference reference = ImageReference.parse(registry.host() + "/app:1");
    RegistryClient client =
        RegistryClient.of(
            reference,
            new RegistryHosts(directory.resolve("certs.d")),
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
}
