package dev.stockade.shim.registry;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.shim.call.Call;
import dev.stockade.shim.image.Digest;
import dev.stockade.shim.image.Image;
import dev.stockade.shim.image.ImageLimits;
import dev.stockade.shim.image.ImageReference;
import dev.stockade.shim.image.ImageStore;
import dev.stockade.shim.image.LayoutBuilder;
import dev.stockade.shim.image.Platform;
import dev.stockade.shim.image.TarBuilder;
import dev.stockade.shim.registry.Credentials.Anonymous;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A store to pull into, and a registry with one image of one layer. */
abstract class PullingNode {
  static final byte[] LAYER = new TarBuilder().file("data", "x".repeat(300_000)).build();
  static final String BLOB = Digest.sha256(LAYER).hex();
  static final Credentials NOBODY = new Anonymous();

  Path hosts;
  ImageStore store;
  ScriptedRegistry registry;
  LayoutBuilder layout;
  byte[] manifest;

  @BeforeEach
  void start(@TempDir Path directory) throws Exception {
    hosts = Files.createDirectory(directory.resolve("certs.d"));
    store = ImageStore.open(directory.resolve("store"), ImageLimits.DEFAULT, Platform.here());
    layout = new LayoutBuilder();
    String descriptor = layout.image("", "", LAYER);
    manifest = requireNonNull(layout.files().get("blobs/sha256/" + hex(descriptor)));
    registry = ScriptedRegistry.start().serving(layout, "1", manifest);
  }

  @AfterEach
  void end() {
    registry.close();
    store.close();
  }

  static String hex(String descriptor) {
    return descriptor.replaceFirst("(?s).*sha256:([0-9a-f]{64}).*", "$1");
  }

  Pulls pulls() {
    return new Pulls(store, new RegistryHosts(hosts), Duration.ofSeconds(1), 3);
  }

  Image pull(String reference, Credentials credentials) throws Exception {
    return pulls().pull(ImageReference.parse(reference), credentials, Call.OWN);
  }

  String name() {
    return registry.host() + "/team/app:1";
  }

  void hostsFile(String host, String text) throws IOException {
    Files.writeString(Files.createDirectories(hosts.resolve(host)).resolve("hosts.toml"), text);
  }

  static RegistryException.Kind kind(Throwable failure) {
    Throwable at = failure;
    while (at != null && !(at instanceof RegistryException)) {
      at = at.getCause();
    }
    assertThat(at).as("%s", failure).isNotNull();
    return ((RegistryException) at).kind();
  }
}
