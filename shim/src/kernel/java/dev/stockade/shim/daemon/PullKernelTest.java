package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.stockade.cri.v1.AuthConfig;
import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.Image;
import dev.stockade.cri.v1.ImageSpec;
import dev.stockade.cri.v1.ImageStatusRequest;
import dev.stockade.cri.v1.PullImageRequest;
import dev.stockade.shim.config.Config;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Images of a real registry, with TLS and a password, over the protocol. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(180)
class PullKernelTest {
  private Config config;
  private Daemon daemon;
  private CriClient client;
  private DockerRegistry registry;
  private String image;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    Path hosts = directory.resolve("certs.d");
    config = Machine.config(directory, "[registry]", "hosts_dir = \"" + hosts + "\"");
    registry = DockerRegistry.start(directory.resolve("registry"), Machine.busybox(directory));
    Path own = Files.createDirectories(hosts.resolve(registry.host()));
    Files.writeString(
        own.resolve("hosts.toml"),
        "server = \"https://" + registry.host() + "\"\nca = \"" + registry.authority() + "\"\n");
    image = registry.host() + "/team/busybox:1";
    daemon = Daemon.start(config, Machine.warden(), "test");
    client = new CriClient(config.socket(), directory.resolve("logs"));
  }

  @AfterAll
  void end() throws IOException {
    if (client != null) {
      client.removeEverything();
      client.close();
      daemon.close();
      assertThat(Machine.leftovers(config)).isEmpty();
    }
    if (registry != null) {
      registry.close();
    }
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

  private static AuthConfig auth(String password) {
    return AuthConfig.newBuilder().setAuth(DockerRegistry.auth(password)).build();
  }

  private StatusRuntimeException refused(String name, AuthConfig auth) {
    return catchThrowableOfType(StatusRuntimeException.class, () -> pull(name, auth));
  }

  @Test
  void aPulledImageRuns() throws Exception {
    String id = pull(image, auth(DockerRegistry.PASSWORD));
    Image known =
        client
            .images()
            .imageStatus(
                ImageStatusRequest.newBuilder()
                    .setImage(ImageSpec.newBuilder().setImage(image))
                    .build())
            .getImage();
    assertThat(known.getId()).isEqualTo(id);
    assertThat(known.getRepoTagsList()).containsExactly(image);
    String pod = client.run(client.pod("pulled"));
    ContainerConfig.Builder asked = client.container("main", "true");
    asked.setImage(ImageSpec.newBuilder().setImage(id));
    String container = client.create(pod, asked);
    client.start(container);
    assertThat(client.awaitEnd(container).getExitCode()).isZero();
  }

  @Test
  void aWrongPasswordIsNoUser() {
    StatusRuntimeException refused = refused(image, auth("guess"));
    assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(refused.getStatus().getDescription()).contains(registry.host(), "401");
    assertThat(refused(image, AuthConfig.getDefaultInstance()).getStatus().getCode())
        .isEqualTo(Status.Code.PERMISSION_DENIED);
  }

  @Test
  void anImageThatIsNotThereIsNotFound() {
    StatusRuntimeException refused =
        refused(registry.host() + "/team/none:1", auth(DockerRegistry.PASSWORD));
    assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
  }

  /** The kubelet looks for this word at the start of a status without a code. */
  @Test
  void aRegistryThatCannotBeReachedIsCalledSo() {
    StatusRuntimeException refused = refused("127.0.0.1:1/app:1", AuthConfig.getDefaultInstance());
    assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.UNKNOWN);
    assertThat(refused.getStatus().getDescription()).startsWith("RegistryUnavailable: ");
  }
}
