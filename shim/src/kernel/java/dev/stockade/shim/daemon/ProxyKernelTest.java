package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.stockade.cri.v1.AuthConfig;
import dev.stockade.cri.v1.ImageSpec;
import dev.stockade.cri.v1.PullImageRequest;
import dev.stockade.shim.Main;
import dev.stockade.shim.config.Config;
import dev.stockade.shim.registry.ForwardProxy;
import io.grpc.StatusRuntimeException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A daemon that reaches a real registry, by a name that only the proxy knows, or not at all. */
@Timeout(180)
class ProxyKernelTest {
  private static final String PASSWORD = "pr0xy s3cret";
  private static final String SHOWN =
      "Basic "
          + Base64.getEncoder()
              .encodeToString(("node:" + PASSWORD).getBytes(StandardCharsets.UTF_8));

  private Path directory;
  private Config config;
  private DockerRegistry registry;
  private ForwardProxy proxy;
  private String host;

  @BeforeEach
  void start(@TempDir Path temporary) throws Exception {
    directory = temporary;
    Path hosts = directory.resolve("certs.d");
    config = Machine.config(directory, "[registry]", "hosts_dir = \"" + hosts + "\"");
    registry = DockerRegistry.start(directory.resolve("registry"), Machine.busybox(directory));
    host = DockerRegistry.NAME + ":" + registry.port();
    Files.writeString(
        Files.createDirectories(hosts.resolve(host)).resolve("hosts.toml"),
        "server = \"https://" + host + "\"\nca = \"" + registry.authority() + "\"\n");
    proxy = new ForwardProxy(Optional.of(SHOWN));
  }

  @AfterEach
  void end() throws Exception {
    if (registry != null) {
      registry.close();
      proxy.close();
    }
  }

  private String proxyAddress(String password) {
    return "http://node:" + password.replace(" ", "%20") + "@" + proxy.address();
  }

  private String pull() throws Exception {
    AuthConfig auth =
        AuthConfig.newBuilder().setAuth(DockerRegistry.auth(DockerRegistry.PASSWORD)).build();
    PullImageRequest request =
        PullImageRequest.newBuilder()
            .setImage(ImageSpec.newBuilder().setImage(host + "/team/busybox:1"))
            .setAuth(auth)
            .build();
    try (CriClient client = new CriClient(config.socket(), directory.resolve("logs"))) {
      return client.images().pullImage(request).getImageRef();
    }
  }

  private DaemonProcess daemon(String... environment) throws Exception {
    List<String> around = new ArrayList<>(List.of("env"));
    around.addAll(List.of(environment));
    return DaemonProcess.start(directory, config, around);
  }

  @Test
  void everyRequestGoesThroughTheProxy() throws Exception {
    DaemonProcess daemon = daemon("HTTPS_PROXY=" + proxyAddress(PASSWORD), "no_proxy=other.test");
    try {
      assertThat(pull()).startsWith("sha256:");
      assertThat(proxy.heads).isNotEmpty();
      assertThat(proxy.heads)
          .allSatisfy(
              head ->
                  assertThat(head)
                      .startsWith("CONNECT " + host + " HTTP/1.1\r\n")
                      .contains("Proxy-Authorization: " + SHOWN)
                      .doesNotContain("\r\nAuthorization:", DockerRegistry.auth("")));
      assertThat(daemon.said())
          .contains("https=" + proxy.address())
          .doesNotContain(PASSWORD, PASSWORD.replace(" ", "%20"), SHOWN.substring(6))
          .doesNotContain(DockerRegistry.PASSWORD, DockerRegistry.auth(DockerRegistry.PASSWORD));
    } finally {
      daemon.end();
    }
  }

  @Test
  void aHostThatIsExceptedIsReachedDirectly() throws Exception {
    DaemonProcess daemon =
        daemon("HTTPS_PROXY=" + proxyAddress(PASSWORD), "NO_PROXY=.elsewhere,registry.test");
    try {
      StatusRuntimeException refused =
          catchThrowableOfType(StatusRuntimeException.class, this::pull);
      assertThat(refused.getStatus().getDescription())
          .startsWith("RegistryUnavailable: ")
          .contains(host)
          .doesNotContain("proxy");
      assertThat(proxy.heads).isEmpty();
    } finally {
      daemon.end();
    }
  }

  @Test
  void aProxyThatWantsOtherCredentialsIsNamed() throws Exception {
    DaemonProcess daemon = daemon("https_proxy=" + proxyAddress("wrong"));
    try {
      StatusRuntimeException refused =
          catchThrowableOfType(StatusRuntimeException.class, this::pull);
      assertThat(refused.getStatus().getDescription())
          .contains("the proxy " + proxy.address() + " wants other credentials", "HTTPS_PROXY")
          .doesNotContain("wrong@");
      assertThat(daemon.said()).doesNotContain("node:wrong");
    } finally {
      daemon.end();
    }
  }

  @Test
  void aDaemonDoesNotStartWithAProxyThatIsNone() throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName(),
            "serve",
            "--config",
            directory.resolve("config.toml").toString());
    builder.environment().put("HTTPS_PROXY", "https://node:" + PASSWORD + "@" + proxy.address());
    Process process = builder.redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isEqualTo(2);
    assertThat(said)
        .contains("HTTPS_PROXY is no address", "http://HOST:PORT")
        .doesNotContain(PASSWORD);
    assertThat(Files.exists(config.socket())).isFalse();
  }
}
