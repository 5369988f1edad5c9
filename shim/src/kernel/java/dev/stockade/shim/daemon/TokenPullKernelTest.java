package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.stockade.cri.v1.AuthConfig;
import dev.stockade.cri.v1.ImageSpec;
import dev.stockade.cri.v1.PullImageRequest;
import dev.stockade.cri.v1.RemoveImageRequest;
import dev.stockade.shim.config.Config;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Images of a real registry that believes the tokens of another server, over the protocol. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(180)
class TokenPullKernelTest {
  private static final String FORM =
      "service=" + TokenServer.SERVICE + " %sscope=repository:" + TokenServer.REPOSITORY + ":pull";

  private Config config;
  private Daemon daemon;
  private CriClient client;
  private TokenServer tokens;
  private DockerRegistry registry;
  private String image;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    Path hosts = directory.resolve("certs.d");
    config = Machine.config(directory, "[registry]", "hosts_dir = \"" + hosts + "\"");
    Path files = directory.resolve("registry");
    DockerRegistry.fill(files, Machine.busybox(directory));
    tokens = new TokenServer(files);
    registry = DockerRegistry.start(files, tokens);
    Path own = Files.createDirectories(hosts.resolve(registry.host()));
    Files.writeString(
        own.resolve("hosts.toml"),
        "server = \"https://" + registry.host() + "\"\nca = \"" + registry.authority() + "\"\n");
    image = registry.host() + "/" + TokenServer.REPOSITORY + ":1";
    daemon = Daemon.start(config, Machine.warden(), "test");
    client = new CriClient(config.socket(), directory.resolve("logs"));
  }

  @AfterAll
  void end() throws IOException {
    if (client != null) {
      client.close();
      daemon.close();
      assertThat(Machine.leftovers(config)).isEmpty();
    }
    if (registry != null) {
      registry.close();
    }
    if (tokens != null) {
      tokens.close();
    }
  }

  @BeforeEach
  void forget() {
    var unused =
        client
            .images()
            .removeImage(
                RemoveImageRequest.newBuilder()
                    .setImage(ImageSpec.newBuilder().setImage(image))
                    .build());
    tokens.asked.clear();
  }

  private String pull(String name, AuthConfig auth) {
    return client
        .images()
        .pullImage(
            PullImageRequest.newBuilder()
                .setImage(ImageSpec.newBuilder().setImage(name))
                .setAuth(auth)
                .build())
        .getImageRef();
  }

  private static AuthConfig user(String password) {
    return AuthConfig.newBuilder().setUsername(DockerRegistry.USER).setPassword(password).build();
  }

  private Status refused(String name, AuthConfig auth) {
    StatusRuntimeException refused =
        catchThrowableOfType(StatusRuntimeException.class, () -> pull(name, auth));
    assertThat(refused).isNotNull();
    return refused.getStatus();
  }

  @Test
  void aUserGetsATokenForThisRepositoryAndPullingAlone() {
    assertThat(pull(image, user(DockerRegistry.PASSWORD))).startsWith("sha256:");
    assertThat(tokens.asked).isNotEmpty().allMatch(("GET " + FORM.formatted(""))::equals);
  }

  @Test
  void anIdentityTokenIsExchanged() {
    AuthConfig auth = AuthConfig.newBuilder().setIdentityToken(TokenServer.IDENTITY).build();
    assertThat(pull(image, auth)).startsWith("sha256:");
    assertThat(tokens.asked)
        .isNotEmpty()
        .allMatch(
            ("POST grant_type=refresh_token "
                    + FORM.formatted("client_id=stockade ")
                    + " refresh_token="
                    + TokenServer.IDENTITY)
                ::equals);
  }

  @Test
  void aRegistryTokenIsShownAsItIs() {
    AuthConfig auth = AuthConfig.newBuilder().setRegistryToken(tokens.token(true, 300)).build();
    assertThat(pull(image, auth)).startsWith("sha256:");
    assertThat(tokens.asked).as("the token server").isEmpty();
  }

  @Test
  void oneThatHasExpiredIsRefused() {
    String old = tokens.token(true, -300);
    Status refused = refused(image, AuthConfig.newBuilder().setRegistryToken(old).build());
    assertThat(refused.getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(refused.getDescription())
        .contains(registry.host(), "401", "correct the credentials")
        .doesNotContain(old);
  }

  @Test
  void aWrongPasswordIsToldByTheTokenServer() {
    Status refused = refused(image, user("my-secret-guess"));
    assertThat(refused.getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(refused.getDescription())
        .contains(tokens.host() + " (token server of " + registry.host() + ") answered 401")
        .contains("no such user", "correct the credentials")
        .doesNotContain("my-secret-guess", DockerRegistry.auth("my-secret-guess"));
  }

  @Test
  void aWrongIdentityTokenIsToldToo() {
    Status refused = refused(image, AuthConfig.newBuilder().setIdentityToken("guess").build());
    assertThat(refused.getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(refused.getDescription()).contains(tokens.host(), "401", "no such user");
  }

  @Test
  void whoMayNotPullTheRepositoryIsRefused() {
    String other = registry.host() + "/team/secret:1";
    Status refused = refused(other, user(DockerRegistry.PASSWORD));
    assertThat(refused.getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(refused.getDescription())
        .contains(registry.host(), "team/secret", "what they allow");
    Status nobody = refused(image, AuthConfig.getDefaultInstance());
    assertThat(nobody.getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(nobody.getDescription()).contains("it was shown no credentials", "pull secret");
  }
}
