package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.Mount;
import dev.stockade.cri.v1.MountPropagation;
import dev.stockade.shim.config.Config;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a container sees of mounts beneath, above and after its own, and the host of its mounts. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
final class MountKindsKernelTest {
  private Path directory;

  /** A mount that propagates. */
  private Path shared;

  private Config config;
  private Daemon daemon;
  private CriClient client;
  private String pod;

  @BeforeAll
  void start(@TempDir Path temporary) throws Exception {
    directory = temporary;
    config = Machine.config(directory);
    Machine.importBusybox(directory, config);
    shared = tmpfs(Files.createDirectory(directory.resolve("shared")));
    command("mount", "--make-shared", shared.toString());
    daemon = Daemon.start(config, Machine.warden(), "test");
    client = new CriClient(config.socket(), directory.resolve("logs"));
    pod = client.run(client.pod("mounts"));
  }

  @AfterAll
  void end() throws Exception {
    if (client != null) {
      client.removeEverything();
      client.close();
      daemon.close();
      assertThat(Machine.leftovers(config)).isEmpty();
    }
    if (shared != null) {
      command("umount", "--recursive", shared.toString());
    }
  }

  private static void command(String... words) throws Exception {
    assertThat(new ProcessBuilder(words).inheritIO().start().waitFor()).isZero();
  }

  private static Path tmpfs(Path place) throws Exception {
    command("mount", "-t", "tmpfs", "none", place.toString());
    return place;
  }

  private ContainerConfig.Builder container(String name, Mount.Builder mount, String script) {
    return client.container(name, "sh", "-c", script).addMounts(mount);
  }

  private static Mount.Builder mount(Path source, String target) {
    return Mount.newBuilder().setHostPath(source.toString()).setContainerPath(target);
  }

  private String start(ContainerConfig.Builder container) {
    String id = client.create(pod, container);
    client.start(id);
    return id;
  }

  private int exitCode(ContainerConfig.Builder container) throws Exception {
    return client.awaitEnd(start(container)).getExitCode();
  }

  /** The container may mount, so that only the propagation decides. */
  @ParameterizedTest
  @CsvSource({
    "PROPAGATION_PRIVATE, false, false",
    "PROPAGATION_HOST_TO_CONTAINER, true, false",
    "PROPAGATION_BIDIRECTIONAL, true, true",
  })
  void laterMountsAppearWhereThatIsAskedFor(
      MountPropagation propagation, boolean inside, boolean outside) throws Exception {
    Path source = Files.createDirectory(shared.resolve(propagation.name()));
    Path ofHost = Files.createDirectory(source.resolve("of-host"));
    Path ofContainer = Files.createDirectory(source.resolve("of-container"));
    ContainerConfig.Builder asked =
        container(
            propagation.name(), mount(source, "/m").setPropagation(propagation), "exec sleep 600");
    asked
        .getLinuxBuilder()
        .getSecurityContextBuilder()
        .getCapabilitiesBuilder()
        .addAddCapabilities("SYS_ADMIN");
    String id = start(asked);
    Files.writeString(tmpfs(ofHost).resolve("file"), "later");
    assertThat(client.exec(id, 20, "test", "-e", "/m/of-host/file").getExitCode() == 0)
        .as("what the host mounts is in the container")
        .isEqualTo(inside);
    String mounting = "mount -t tmpfs none /m/of-container && touch /m/of-container/file";
    assertThat(client.exec(id, 20, "sh", "-c", mounting).getExitCode()).isZero();
    assertThat(Files.exists(ofContainer.resolve("file")))
        .as("what the container mounts is on the host")
        .isEqualTo(outside);
    client.stop(id, 0);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void readOnlyReachesWhatIsMountedBeneathWhereThatIsAskedFor(boolean recursive) throws Exception {
    Path source = Files.createDirectory(shared.resolve("recursive-" + recursive));
    tmpfs(Files.createDirectory(source.resolve("beneath")));
    ContainerConfig.Builder asked =
        container(
            "recursive-" + recursive,
            mount(source, "/m").setReadonly(true).setRecursiveReadOnly(recursive),
            "if touch /m/file; then exit 8; fi; if touch /m/beneath/file; then exit 7; fi");
    assertThat(exitCode(asked)).isEqualTo(recursive ? 0 : 7);
    assertThat(Files.exists(source.resolve("beneath/file"))).isEqualTo(!recursive);
  }

  /** The deeper mount is named first, and would be covered if it were made first. */
  @Test
  void theShallowerMountIsMadeFirst() throws Exception {
    Path above = Files.createDirectories(directory.resolve("above/deep/deeper")).resolve("../..");
    Path beneath = Files.createDirectory(directory.resolve("beneath"));
    Files.writeString(beneath.resolve("file"), "of the deeper mount");
    ContainerConfig.Builder asked =
        container("order", mount(beneath, "/m/deep/deeper"), "cat /m/deep/deeper/file")
            .addMounts(mount(above.normalize(), "/m"));
    assertThat(exitCode(asked)).isZero();
  }

  /** move_mount(2) calls the one EINVAL; what is wrong, and where, is told for both. */
  @ParameterizedTest
  @CsvSource({"source, /etc, false", "source, /etc/passwd, true"})
  void aFileGoesOnAFileAndADirectoryOnADirectory(String name, String target, boolean isDirectory)
      throws Exception {
    Path source = directory.resolve(name + isDirectory);
    if (isDirectory) {
      Files.createDirectory(source);
    } else {
      Files.createFile(source);
    }
    ContainerConfig.Builder asked = container("kind-" + isDirectory, mount(source, target), "true");
    assertThatThrownBy(() -> start(asked))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            refused ->
                assertThat(refused.getStatus().getCode())
                    .isEqualTo(Status.Code.FAILED_PRECONDITION))
        .hasMessageContaining("mounts: ")
        .hasMessageContaining("target=" + target.substring(1) + ",")
        .hasMessageContaining("is a directory and the source is none, or the other way round");
  }
}
