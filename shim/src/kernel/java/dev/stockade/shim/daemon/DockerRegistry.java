package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.stockade.shim.image.Digest;
import dev.stockade.shim.image.LayoutBuilder;
import dev.stockade.shim.signature.Attachment;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Debian's docker-registry on loopback, with a certificate of its own and one user. It is filled
 * over plain HTTP by a second one on the same files.
 */
public final class DockerRegistry implements AutoCloseable {
  public static final String USER = "puller";

  /** Another name in its certificate, which no name server knows. */
  public static final String NAME = "registry.test";

  public static final String PASSWORD = "p:ss w0rd";

  private final Path directory;
  private final Process process;
  private final int port;

  private DockerRegistry(Path directory, Process process, int port) {
    this.directory = directory;
    this.process = process;
    this.port = port;
  }

  /** Starts one that holds the images of a layout, by their names there. */
  public static DockerRegistry start(Path directory, Path layout) throws Exception {
    fill(directory, layout);
    String hash =
        command("perl", "-e", "print crypt('" + PASSWORD + "', '$2y$05$abcdefghijklmnopqrstuu')");
    Files.writeString(directory.resolve("users"), USER + ":" + hash.strip() + "\n");
    return start(
        directory,
        tls(directory)
            + """
            auth:
              htpasswd:
                realm: test
                path: %s/users
            """
                .formatted(directory));
  }

  /** Makes a certificate and files of one that holds the image of a layout. */
  static void fill(Path directory, Path layout) throws Exception {
    Files.createDirectories(directory);
    command(
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=registry",
        "-addext",
        "subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:" + NAME,
        "-keyout",
        directory.resolve("key.pem").toString(),
        "-out",
        directory.resolve("ca.pem").toString());
    try (DockerRegistry open = start(directory, "")) {
      open.push(layout);
    }
  }

  /** Starts one on files that {@link #fill} made, whose users a token server knows. */
  static DockerRegistry start(Path directory, TokenServer tokens) throws Exception {
    return start(
        directory,
        tls(directory)
            + """
            auth:
              token:
                realm: %s
                service: %s
                issuer: %s
                rootcertbundle: %s/ca.pem
            """
                .formatted(tokens.realm(), TokenServer.SERVICE, TokenServer.ISSUER, directory));
  }

  /**
   * Starts one on files that {@link #fill} made, for all who show a certificate.
   *
   * @param authority of those certificates
   */
  static DockerRegistry startDemanding(Path directory, Path authority) throws Exception {
    return start(directory, tls(directory) + "    clientcas: [%s]\n".formatted(authority));
  }

  private static String tls(Path directory) {
    return """
      tls:
        certificate: %1$s/ca.pem
        key: %1$s/key.pem
    """
        .formatted(directory);
  }

  /** Starts an empty one without TLS and users. */
  static DockerRegistry open(Path directory) throws Exception {
    return start(Files.createDirectories(directory), "");
  }

  private static DockerRegistry start(Path directory, String more) throws Exception {
    int port = freePort();
    Path config = directory.resolve("config-" + port + ".yml");
    Files.writeString(
        config,
        """
        version: 0.1
        log: {level: error}
        storage: {filesystem: {rootdirectory: %s/files}}
        http:
          addr: 127.0.0.1:%d
        """
                .formatted(directory, port)
            + more);
    String program =
        command("../scripts/docker-registry", Path.of("../target/docker-registry").toString());
    Process process =
        new ProcessBuilder(
                program.strip().lines().reduce((a, b) -> b).orElseThrow(),
                "serve",
                config.toString())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("log-" + port).toFile())
            .start();
    DockerRegistry registry = new DockerRegistry(directory, process, port);
    Wait.until(
        "the registry to listen",
        () -> {
          try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
          } catch (IOException e) {
            return false;
          }
        });
    return registry;
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  static String command(String... words) throws Exception {
    Process process = new ProcessBuilder(words).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    String complaint = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(List.of(words) + ": " + complaint).isZero();
    return said;
  }

  public String host() {
    return "127.0.0.1:" + port;
  }

  int port() {
    return port;
  }

  public Path authority() {
    return directory.resolve("ca.pem");
  }

  /** Puts the first image of a layout into the repository {@code team/busybox}, as tag 1. */
  private void push(Path layout) throws Exception {
    push("team/busybox", "1", layout);
  }

  /** Puts the first image of a layout into a repository of an open registry. */
  Digest push(String repository, String tag, Path layout) throws Exception {
    JsonNode index = new ObjectMapper().readTree(layout.resolve("index.json").toFile());
    byte[] manifest = blob(layout, index.path("manifests").path(0));
    JsonNode parts = new ObjectMapper().readTree(manifest);
    upload(repository, blob(layout, parts.path("config")));
    for (JsonNode layer : parts.path("layers")) {
      upload(repository, blob(layout, layer));
    }
    put(repository, tag, manifest);
    return Digest.sha256(manifest);
  }

  /** Moves a tag to another manifest of its repository, which a push of that would do. */
  void move(String repository, String tag, Digest manifest) throws IOException {
    Path tags = directory.resolve("files/docker/registry/v2/repositories/" + repository);
    Path link = tags.resolve("_manifests/tags/" + tag + "/current/link");
    Files.writeString(link, manifest.toString());
  }

  /** Puts what cosign would put there. */
  void attach(String repository, Digest signed, Attachment attachment) throws Exception {
    for (byte[] content : attachment.blobs().files().values()) {
      upload(repository, content);
    }
    put(repository, Attachment.tag(signed), attachment.manifest());
  }

  private void put(String repository, String tag, byte[] manifest) throws Exception {
    HttpRequest put =
        HttpRequest.newBuilder(uri("/v2/" + repository + "/manifests/" + tag))
            .header("Content-Type", LayoutBuilder.MANIFEST)
            .PUT(BodyPublishers.ofByteArray(manifest))
            .build();
    assertThat(send(put).statusCode()).isEqualTo(201);
  }

  private void upload(String repository, byte[] content) throws Exception {
    HttpRequest begin =
        HttpRequest.newBuilder(uri("/v2/" + repository + "/blobs/uploads/"))
            .POST(BodyPublishers.noBody())
            .build();
    String place = send(begin).headers().firstValue("Location").orElseThrow();
    HttpRequest put =
        HttpRequest.newBuilder(
                URI.create(
                    uri("/").resolve(place)
                        + (place.contains("?") ? "&" : "?")
                        + "digest="
                        + Digest.sha256(content)))
            .header("Content-Type", "application/octet-stream")
            .PUT(BodyPublishers.ofByteArray(content))
            .build();
    assertThat(send(put).statusCode()).isEqualTo(201);
  }

  private static byte[] blob(Path layout, JsonNode descriptor) throws IOException {
    return Files.readAllBytes(
        layout.resolve("blobs").resolve(descriptor.path("digest").asText().replace(':', '/')));
  }

  private URI uri(String path) {
    return URI.create("http://" + host() + path);
  }

  private static HttpResponse<String> send(HttpRequest request) throws Exception {
    return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
  }

  /** What {@code docker login} would keep. */
  public static String auth(String password) {
    return Base64.getEncoder()
        .encodeToString((USER + ":" + password).getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
