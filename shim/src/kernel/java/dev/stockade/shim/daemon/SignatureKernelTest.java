package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.ImageSpec;
import dev.stockade.cri.v1.ImageStatusRequest;
import dev.stockade.cri.v1.Mount;
import dev.stockade.cri.v1.PullImageRequest;
import dev.stockade.shim.config.Config;
import dev.stockade.shim.image.Digest;
import dev.stockade.shim.image.LayoutBuilder;
import dev.stockade.shim.image.TarBuilder;
import dev.stockade.shim.signature.Attachment;
import dev.stockade.shim.signature.Signer;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The signature policy over the protocol, with a real registry and signatures made by OpenSSL. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(180)
class SignatureKernelTest {
  private static final String ACCEPT = "[{'type':'insecureAcceptAnything'}]";
  private static final String SIGNED = "SignatureValidationFailed: ";

  private Path directory;
  private Path policy;
  private Path key;
  private Path layout;
  private Config config;
  private Daemon daemon;
  private CriClient client;
  private DockerRegistry registry;
  private String pod;
  private int serial;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    this.directory = directory;
    policy = directory.resolve("policy.json");
    config =
        Machine.config(directory, "[images]", "signature_policy = \"" + policy.toString() + "\"");
    key = directory.resolve("key.pem");
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "" + key);
    openssl("pkey", "-in", "" + key, "-pubout", "-out", directory.resolve("key.pub").toString());
    Files.setPosixFilePermissions(
        directory.resolve("key.pub"), PosixFilePermissions.fromString("rw-r--r--"));
    layout = Machine.busybox(directory);
    registry = DockerRegistry.open(directory.resolve("registry"));
    demandSignatures();
    daemon = Daemon.start(config, Machine.warden(), "test");
    client = new CriClient(config.socket(), directory.resolve("logs"));
    pod = client.run(client.pod("signed"));
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

  private static void openssl(String... arguments) throws Exception {
    String unused =
        DockerRegistry.command(
            Stream.concat(Stream.of("openssl"), Stream.of(arguments)).toArray(String[]::new));
  }

  private void write(String text) throws IOException {
    Files.writeString(policy, text.replace('\'', '"'));
    Files.setPosixFilePermissions(policy, PosixFilePermissions.fromString("rw-r--r--"));
  }

  private void demandSignatures() throws IOException {
    write(
        "{'default':[{'type':'reject'}],'transports':{'docker':{'"
            + registry.host()
            + "':[{'type':'sigstoreSigned','keyPath':'"
            + directory.resolve("key.pub")
            + "'}]}}}");
  }

  private void acceptAll() throws IOException {
    write("{'default':" + ACCEPT + "}");
  }

  private Attachment signed(Digest manifest, String name) throws Exception {
    byte[] payload = Signer.payload(manifest, name);
    Path file = Files.write(directory.resolve("payload"), payload);
    Path signature = directory.resolve("signature");
    openssl("dgst", "-sha256", "-sign", "" + key, "-out", "" + signature, "" + file);
    String made = Base64.getEncoder().encodeToString(Files.readAllBytes(signature));
    return new Attachment().layer(payload, made);
  }

  private String name(String repository) {
    return registry.host() + "/" + repository + ":1";
  }

  private String pull(String name) {
    return client
        .images()
        .pullImage(
            PullImageRequest.newBuilder().setImage(ImageSpec.newBuilder().setImage(name)).build())
        .getImageRef();
  }

  private boolean known(String name) {
    return client
        .images()
        .imageStatus(
            ImageStatusRequest.newBuilder().setImage(ImageSpec.newBuilder().setImage(name)).build())
        .hasImage();
  }

  /** As the kubelet asks: by the id, with what the pod says beside it. */
  private ContainerConfig.Builder container(String id, String specified) {
    serial++;
    return client
        .container("c" + serial, "true")
        .setImage(ImageSpec.newBuilder().setImage(id).setUserSpecifiedImage(specified));
  }

  private String refused(ContainerConfig.Builder container) {
    StatusRuntimeException refused =
        catchThrowableOfType(StatusRuntimeException.class, () -> client.create(pod, container));
    assertThat(refused).isNotNull();
    return String.valueOf(refused.getStatus().getDescription());
  }

  @Test
  void aSignedImageRuns() throws Exception {
    String name = name("team/signed");
    Digest manifest = registry.push("team/signed", "1", layout);
    registry.attach("team/signed", manifest, signed(manifest, name));
    demandSignatures();
    String id = pull(name);
    String container = client.create(pod, container(id, name));
    client.start(container);
    assertThat(client.awaitEnd(container).getExitCode()).isZero();
    assertThat(refused(container(id, "better.example/app:1")))
        .startsWith(SIGNED + "CreateContainer refused: image.image: ")
        .contains("is not a name of " + id);
  }

  /** The kubelet looks for this word at the start of a status without a code. */
  @Test
  void anUnsignedImageIsRefusedAndNothingOfItIsKept() throws Exception {
    String name = name("team/unsigned");
    Digest manifest = registry.push("team/unsigned", "1", other("unsigned"));
    demandSignatures();
    StatusRuntimeException refused =
        catchThrowableOfType(StatusRuntimeException.class, () -> pull(name));
    assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.UNKNOWN);
    assertThat(refused.getStatus().getDescription())
        .startsWith(SIGNED + "pull " + name)
        .contains("\"" + registry.host() + "\"[0] (sigstoreSigned)", manifest.toString());
    assertThat(known(name)).isFalse();
    registry.attach("team/unsigned", manifest, signed(manifest, name("team/other")));
    assertThatThrownBy(() -> pull(name)).hasMessageContaining("does not accept");
    assertThat(known(name)).isFalse();
  }

  private Path other(String word) throws Exception {
    LayoutBuilder other = new LayoutBuilder();
    byte[] layer = new TarBuilder().file("data", word).build();
    return other.finish(other.image("", "", layer)).writeTo(directory.resolve(word));
  }

  @Test
  void anImageThatCameBeforeThePolicyWasTightenedDoesNotRun() throws Exception {
    String name = name("team/before");
    Digest manifest = registry.push("team/before", "1", other("before"));
    acceptAll();
    String id = pull(name);
    client.remove(client.create(pod, container(id, name)));
    demandSignatures();
    assertThat(refused(container(id, name)))
        .startsWith(SIGNED + "CreateContainer refused: image.image: " + name)
        .contains("pull it again");
    ContainerConfig.Builder volume = client.container("v" + ++serial, "true");
    volume.addMounts(
        Mount.newBuilder()
            .setContainerPath("/vol")
            .setImage(ImageSpec.newBuilder().setImage(id).setUserSpecifiedImage(name)));
    volume.setImage(ImageSpec.newBuilder().setImage(signedBusybox()));
    assertThat(refused(volume))
        .startsWith("ImageVolumeMountFailed: CreateContainer refused: mounts[0].image.image: ")
        .contains(SIGNED + name);
    registry.attach("team/before", manifest, signed(manifest, name));
    pull(name);
    client.remove(client.create(pod, container(id, name)));
    client.remove(client.create(pod, volume));
  }

  private String signedBusybox() throws Exception {
    Digest manifest = registry.push("team/base", "1", layout);
    registry.attach("team/base", manifest, signed(manifest, name("team/base")));
    pull(name("team/base"));
    return name("team/base");
  }

  @Test
  void aPolicyThatIsBrokenRefusesPullsAndContainersAndTheStart() throws Exception {
    acceptAll();
    String name = name("team/broken");
    registry.push("team/broken", "1", other("broken"));
    String id = pull(name);
    write("{'default':[{'type':'reject'}],'transprots':{}}");
    assertThatThrownBy(() -> pull(name)).hasMessageContaining("transprots");
    assertThat(refused(container(id, name))).startsWith(SIGNED).contains("transprots");
    Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
    Config second =
        Machine.config(elsewhere, "[images]", "signature_policy = \"" + policy.toString() + "\"");
    assertThatThrownBy(() -> Daemon.start(second, Machine.warden(), "test").close())
        .hasMessageContaining("transprots");
    assertThat(Machine.leftovers(second)).isEmpty();
    demandSignatures();
  }
}
