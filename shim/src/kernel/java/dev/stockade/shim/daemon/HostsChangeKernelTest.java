package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.stockade.cri.v1.ImageSpec;
import dev.stockade.cri.v1.PullImageRequest;
import dev.stockade.shim.config.Config;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real registry that lets in who shows a certificate, and a hosts.toml that is corrected while
 * the daemon runs, one message after the other.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(180)
class HostsChangeKernelTest {
  private Path directory;
  private Config config;
  private Daemon daemon;
  private CriClient client;
  private DockerRegistry registry;

  @BeforeAll
  void start(@TempDir Path temporary) throws Exception {
    directory = temporary;
    config =
        Machine.config(
            directory, "[registry]", "hosts_dir = \"" + directory.resolve("certs.d") + "\"");
    Path files = directory.resolve("registry");
    DockerRegistry.fill(files, Machine.busybox(directory));
    certificates("nodes");
    certificates("strangers");
    registry = DockerRegistry.startDemanding(files, directory.resolve("nodes-ca.pem"));
    daemon = Daemon.start(config, Machine.warden(), "test");
    client = new CriClient(config.socket(), directory.resolve("logs"));
  }

  /** An authority and one certificate of it. */
  private void certificates(String name) throws Exception {
    String authority = directory.resolve(name + "-ca").toString();
    certificate("/CN=" + name, "rsa:2048", authority);
    certificate(
        "/CN=a node",
        "ec",
        directory.resolve(name).toString(),
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-CA",
        authority + ".pem",
        "-CAkey",
        authority + "-key.pem");
  }

  private static void certificate(String subject, String kind, String files, String... more)
      throws Exception {
    List<String> command =
        new ArrayList<>(List.of("openssl", "req", "-x509", "-nodes", "-days", "2"));
    command.addAll(List.of("-newkey", kind, "-subj", subject));
    command.addAll(List.of("-keyout", files + "-key.pem", "-out", files + ".pem"));
    command.addAll(List.of(more));
    String unused = DockerRegistry.command(command.toArray(String[]::new));
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
  }

  private void hosts(String... lines) throws IOException {
    Path own = Files.createDirectories(directory.resolve("certs.d").resolve(registry.host()));
    Files.writeString(
        own.resolve("hosts.toml"),
        "server = \"https://" + registry.host() + "\"\n" + String.join("\n", lines) + "\n");
  }

  private String pull() {
    return client
        .images()
        .pullImage(
            PullImageRequest.newBuilder()
                .setImage(ImageSpec.newBuilder().setImage(registry.host() + "/team/busybox:1"))
                .build())
        .getImageRef();
  }

  private String refused() {
    StatusRuntimeException refused = catchThrowableOfType(StatusRuntimeException.class, this::pull);
    assertThat(refused).isNotNull();
    return String.valueOf(refused.getStatus().getDescription());
  }

  @Test
  void eachPullReadsTheFileAsItIsNow() throws Exception {
    String trust = "ca = \"" + registry.authority() + "\"";
    hosts();
    assertThat(refused()).contains(registry.host(), "name its authority with ca in hosts.toml");
    hosts(trust);
    assertThat(refused())
        .contains(registry.host(), "asked for a client certificate: name one with client");
    hosts(trust, "client = [[\"" + directory.resolve("strangers.pem") + "\", \"none.pem\"]]");
    assertThat(refused())
        .contains("strangers.pem with the key", "none.pem", "correct client in hosts.toml");
    hosts(trust, pair("strangers"));
    assertThat(refused()).contains("client certificate of an authority that none has");
    hosts(trust, pair("nodes"));
    assertThat(pull()).startsWith("sha256:");
    hosts(trust, "client = \"" + inOneFile() + "\"");
    assertThat(pull()).startsWith("sha256:");
    hosts(trust, "client = [[\"" + directory.resolve("nodes.pem") + "\", \"" + old() + "\"]]");
    assertThat(refused()).contains("of the kind EC;", "openssl pkcs8 -topk8 -nodes");
    hosts(trust, "clients = 1");
    assertThat(refused()).contains("hosts.toml: clients: unknown key");
  }

  private Path inOneFile() throws IOException {
    String both =
        Files.readString(directory.resolve("nodes-key.pem"))
            + Files.readString(directory.resolve("nodes.pem"));
    return Files.writeString(directory.resolve("both.pem"), both);
  }

  /** The key as older programs write it. */
  private Path old() throws Exception {
    Path file = directory.resolve("old.pem");
    String key = directory.resolve("nodes-key.pem").toString();
    String unused = DockerRegistry.command("openssl", "ec", "-in", key, "-out", file.toString());
    return file;
  }

  private String pair(String name) {
    Path files = directory.resolve(name);
    return "client = [[\"" + files + ".pem\", \"" + files + "-key.pem\"]]";
  }
}
