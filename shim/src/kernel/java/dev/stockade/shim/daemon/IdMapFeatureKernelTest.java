package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.stockade.cri.v1.StatusRequest;
import dev.stockade.cri.v1.StatusResponse;
import dev.stockade.launcher.engine.IdMapProbe;
import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.HostPath;
import dev.stockade.launcher.linux.Mounts;
import dev.stockade.shim.config.Config;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** User namespaces are promised where the file systems in use can show mapped ids, tried there. */
@Timeout(120)
final class IdMapFeatureKernelTest {
  private Path place;

  /** A tmpfs, which can be idmapped, and on it an overlay, which cannot. */
  @BeforeEach
  void mount(@TempDir Path directory) throws Exception {
    Machine.requireRoot();
    place = directory.resolve("tmpfs");
    try (Fd tmpfs = Mounts.fileSystem("tmpfs", List.of("mode=0755"), 0);
        Fd at = HostPath.hold(Files.createDirectory(place))) {
      Mounts.attach(tmpfs, at, place.toString());
    }
  }

  @AfterEach
  void unmount() throws Exception {
    if (place != null) {
      run("umount", "-l", place.toString());
    }
  }

  private static void run(String... command) throws Exception {
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
  }

  private StatusResponse told(Config config, Path written, boolean mappable) throws Exception {
    try (IdMapProbe probe = IdMapProbe.open(Machine.warden())) {
      assertThat(probe.ask(place).mappable()).isTrue();
      assertThat(probe.ask(written).mappable()).isEqualTo(mappable);
    }
    StatusRequest verbose = StatusRequest.newBuilder().setVerbose(true).build();
    try (Daemon daemon = Daemon.start(config, Machine.warden(), "test");
        CriClient client = new CriClient(config.socket(), place.resolve("logs"))) {
      StatusResponse status = client.runtime().status(verbose);
      try {
        requirePod(client, mappable);
      } finally {
        client.removeEverything();
      }
      assertThat(daemon.toString()).isEqualTo(config.root().toString());
      return status;
    }
  }

  private static void requirePod(CriClient client, boolean mappable) {
    var pod = client.pod("mapped", ProbeNode.userNamespace());
    if (mappable) {
      assertThat(client.run(pod)).isNotEmpty();
      return;
    }
    StatusRuntimeException refused =
        catchThrowableOfType(StatusRuntimeException.class, () -> client.run(pod));
    assertThat(refused).isNotNull();
    assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
    assertThat(refused)
        .hasMessageContaining("linux.security_context.namespace_options.userns_options: ")
        .hasMessageContaining("cannot show mapped ids; ");
    assertThat(client.run(client.pod("plain"))).isNotEmpty();
  }

  private static void requireTold(StatusResponse status, boolean mappable) throws Exception {
    assertThat(status.getRuntimeHandlersList())
        .hasSize(2)
        .allSatisfy(
            handler ->
                assertThat(handler.getFeatures().getUserNamespaces())
                    .as("handler '%s'", handler.getName())
                    .isEqualTo(mappable));
    assertThat(
            new ObjectMapper()
                .readTree(status.getInfoOrThrow("hostFacts"))
                .path("idmappedMounts")
                .asBoolean())
        .isEqualTo(mappable);
  }

  @Test
  void whereLayersCanShowMappedIdsTheHandlersSaySo() throws Exception {
    Config config = Machine.config(place);
    requireTold(told(config, place, true), true);
    assertThat(Machine.leftovers(config)).isEmpty();
  }

  /** Images could, but not what containers write. */
  @Test
  void whereLayersCannotNobodyIsPromisedUserNamespaces() throws Exception {
    for (String name : List.of("lower", "upper", "work")) {
      Files.createDirectory(place.resolve(name));
    }
    Path written = Files.createDirectories(place.resolve("state/containers"));
    run(
        "mount",
        "-t",
        "overlay",
        "overlay",
        "-o",
        "lowerdir=%1$s/lower,upperdir=%1$s/upper,workdir=%1$s/work".formatted(place),
        written.toString());
    try {
      Config config = Machine.config(place);
      requireTold(told(config, written, false), false);
      assertThat(Machine.leftovers(config)).isEmpty();
    } finally {
      run("umount", "-l", written.toString());
    }
  }
}
