package dev.stockade.shim.registry;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.stockade.shim.call.Call;
import dev.stockade.shim.image.Digest;
import dev.stockade.shim.image.Image;
import dev.stockade.shim.image.ImageException;
import dev.stockade.shim.image.ImageLimits;
import dev.stockade.shim.image.ImageReference;
import dev.stockade.shim.image.ImageStore;
import dev.stockade.shim.image.LayoutBuilder;
import dev.stockade.shim.image.Platform;
import dev.stockade.shim.image.TarBuilder;
import dev.stockade.shim.registry.Credentials.Anonymous;
import dev.stockade.shim.signature.Attachment;
import dev.stockade.shim.signature.SignaturePolicy;
import dev.stockade.shim.signature.Signer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;

/**
 * A store whose policy demands signatures of {@link #signer}, and a registry with one image that
 * has none yet.
 */
final class PolicedStore implements AutoCloseable {
  static final byte[] LAYER = new TarBuilder().file("data", "x".repeat(1000)).build();
  static final String REJECT = "[{'type':'reject'}]";
  static final String ACCEPT = "[{'type':'insecureAcceptAnything'}]";

  final Path directory;
  final Path file;
  final Path hosts;
  final SignaturePolicy policy;
  final ScriptedRegistry registry;
  final LayoutBuilder layout = new LayoutBuilder();
  final byte[] content = manifest("");
  final Digest manifest = Digest.sha256(content);
  final Signer signer = Signer.p256();
  ImageStore store;

  PolicedStore(Path directory) throws Exception {
    this.directory = directory;
    hosts = Files.createDirectory(directory.resolve("certs.d"));
    file = directory.resolve("policy.json");
    policy = new SignaturePolicy(file, false);
    store = open();
    registry = ScriptedRegistry.start().serving(layout, "1", content);
    policy(signed(signer, ""));
  }

  private ImageStore open() throws Exception {
    Path root = directory.resolve("store");
    return ImageStore.open(root, ImageLimits.DEFAULT, Platform.here(), policy);
  }

  void reopen() throws Exception {
    store.close();
    store = open();
  }

  @Override
  public void close() {
    registry.close();
    store.close();
  }

  byte[] manifest(String more) {
    String descriptor = layout.image(more, "", LAYER);
    String hex = descriptor.replaceFirst("(?s).*sha256:([0-9a-f]{64}).*", "$1");
    return requireNonNull(layout.files().get("blobs/sha256/" + hex));
  }

  /** What holds for registries, all else being rejected. */
  void policy(String requirements) throws Exception {
    transports("'docker':{'':" + requirements + "}");
  }

  void transports(String text) throws Exception {
    write("{'default':" + REJECT + ",'transports':{" + text + "}}");
  }

  void write(String text) throws Exception {
    Files.writeString(file, text.replace('\'', '"'));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
  }

  static String signed(Signer signer, String identity) {
    return "[" + requirement(signer, identity) + "]";
  }

  static String requirement(Signer signer, String identity) {
    String wanted = identity.isEmpty() ? "" : ",'signedIdentity':" + identity;
    return "{'type':'sigstoreSigned','keyData':'" + signer.data() + "'" + wanted + "}";
  }

  void attach(Digest signed, Attachment attachment) {
    registry.serving(attachment.blobs(), Attachment.tag(signed), attachment.manifest());
  }

  /** Signs the registry's image by a name. */
  void sign(String name) throws Exception {
    attach(manifest, Attachment.of(signer, manifest, name));
  }

  String name() {
    return registry.host() + "/team/app:1";
  }

  Image pull(String reference) throws Exception {
    return new Pulls(store, new RegistryHosts(hosts), Duration.ofSeconds(1), 3)
        .pull(ImageReference.parse(reference), new Anonymous(), Call.OWN);
  }

  /** Whose refusal is told, with nothing of the image asked for. */
  String refused(String reference) {
    ImageException refused = catchThrowableOfType(ImageException.class, () -> pull(reference));
    assertThat(refused).isNotNull();
    assertThat(refused.kind()).isEqualTo(ImageException.Kind.UNTRUSTED);
    assertThat(refused).hasMessageContaining(reference).hasMessageContaining(file.toString());
    assertThat(registry.asked(Digest.sha256(LAYER).hex())).isZero();
    assertThat(store.list()).isEmpty();
    return String.valueOf(refused.getMessage());
  }
}
