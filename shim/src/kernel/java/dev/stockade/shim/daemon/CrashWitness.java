package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.ContainerState;
import dev.stockade.cri.v1.ExecSyncResponse;
import dev.stockade.cri.v1.ImageSpec;
import dev.stockade.cri.v1.Mount;
import dev.stockade.shim.config.Config;
import dev.stockade.shim.image.ImageLimits;
import dev.stockade.shim.image.ImageStore;
import dev.stockade.shim.image.LayoutBuilder;
import dev.stockade.shim.image.Platform;
import dev.stockade.shim.image.TarBuilder;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A container that runs through crashes of the daemon, and looks whether it has what it had: its
 * image, what it wrote, and a second image that is mounted into it and was removed since.
 */
final class CrashWitness {
  private static final String MOUNTED = "registry.example/mounted:1";
  private static final String SCRIPT = "echo written > /own; exec sleep 36000";

  private final String pod;
  private final String container;

  private CrashWitness(String pod, String container) {
    this.pod = pod;
    this.container = container;
  }

  /** Puts the images into the store of a daemon that does not run yet. */
  static void importImages(Path directory, Config config) throws Exception {
    Machine.importBusybox(directory, config);
    byte[] layer = new TarBuilder().file("file", "mounted\n").build();
    Path layout = LayoutBuilder.of(MOUNTED, layer).writeTo(directory.resolve("mounted"));
    try (ImageStore images =
        ImageStore.open(config.root().resolve("images"), ImageLimits.DEFAULT, Platform.here())) {
      assertThat(images.importFrom(layout, Optional.empty())).hasSize(1);
    }
  }

  static CrashWitness start(CriClient client) throws Exception {
    String pod = client.run(client.pod("witness"));
    ContainerConfig.Builder asked =
        client
            .container("witness", "sh", "-c", SCRIPT)
            .addMounts(
                Mount.newBuilder()
                    .setContainerPath("/mounted")
                    .setImage(ImageSpec.newBuilder().setImage(MOUNTED)));
    String container = client.create(pod, asked);
    client.start(container);
    client.removeImage(MOUNTED);
    CrashWitness witness = new CrashWitness(pod, container);
    Wait.until("the witness to have written", () -> witness.sees(client).contains("written"));
    return witness;
  }

  private String sees(CriClient client) {
    ExecSyncResponse seen = client.exec(container, 20, "cat", "/own", "/mounted/file");
    return seen.getStdout().toStringUtf8() + seen.getStderr().toStringUtf8();
  }

  /** Nothing of it has gone. */
  void requireWhole(CriClient client, String at) {
    assertThat(client.status(container).getState())
        .as(at)
        .isEqualTo(ContainerState.CONTAINER_RUNNING);
    assertThat(sees(client)).as(at).isEqualTo("written\nmounted\n");
  }

  /** From here on nothing needs the image that was mounted. */
  void end(CriClient client) {
    client.removePod(pod);
  }
}
