package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.ImageSpec;
import dev.stockade.cri.v1.Mount;
import dev.stockade.shim.config.Config;
import dev.stockade.shim.image.ImageLimits;
import dev.stockade.shim.image.ImageStore;
import dev.stockade.shim.image.LayoutBuilder;
import dev.stockade.shim.image.Platform;
import dev.stockade.shim.image.TarBuilder;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Somebody exchanges a directory for a link, again and again, while it is mounted
 * (CVE-2017-1002101, CVE-2021-25741): a container sees what was checked, or is not started.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(600)
class MountRaceKernelTest {
  private static final String IMAGE = "registry.example/models:1";
  private static final String OWN = "this is of the ";
  private static final int LEAST_ROUNDS = 12;
  private static final int LEAST_SHOWN = 2;
  private static final long LONGEST = TimeUnit.SECONDS.toNanos(120);

  /**
   * What a caller is told of a mount that is not what it was, never that the daemon is at fault.
   */
  private static final Set<Status.Code> REFUSALS =
      EnumSet.of(
          Status.Code.FAILED_PRECONDITION, Status.Code.INVALID_ARGUMENT, Status.Code.NOT_FOUND);

  private Config config;
  private Daemon daemon;
  private CriClient client;
  private Path directory;
  private Path outside;
  private String pod;

  @BeforeAll
  void start(@TempDir Path temporary) throws Exception {
    directory = temporary;
    config = Machine.config(directory);
    Machine.importBusybox(directory, config);
    outside = Files.createDirectories(directory.resolve("outside/inner"));
    Files.writeString(outside.resolve("mine"), "the host's own\n");
    byte[] layer = new TarBuilder().file("model/inner/mine", OWN + "image\n").build();
    Path layout = LayoutBuilder.of(IMAGE, layer).writeTo(directory.resolve("layout"));
    try (ImageStore images =
        ImageStore.open(config.root().resolve("images"), ImageLimits.DEFAULT, Platform.here())) {
      assertThat(images.importFrom(layout, Optional.empty())).hasSize(1);
    }
    daemon = Daemon.start(config, Machine.warden(), "test");
    client = new CriClient(config.socket(), directory.resolve("logs"));
    pod = client.run(client.pod("race"));
  }

  @AfterAll
  void end() throws Exception {
    if (client != null) {
      client.removeEverything();
      client.close();
      daemon.close();
      assertThat(Machine.leftovers(config)).isEmpty();
    }
  }

  /** Exchanges two names until it is closed. */
  private static final class Racer implements AutoCloseable {
    private final Process process;
    private final Path said;

    Racer(Path directory, Path one, Path other) throws Exception {
      said = Files.createTempFile(directory, "racer", ".log");
      process =
          new ProcessBuilder(
                  Machine.attacker().toString(), "exchange", one.toString(), other.toString())
              .redirectErrorStream(true)
              .redirectOutput(said.toFile())
              .start();
    }

    void requireRacing() throws Exception {
      assertThat(process.isAlive()).as(Files.readString(said)).isTrue();
    }

    @Override
    public void close() {
      process.destroyForcibly();
      try {
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private interface Check {
    void of(String output);
  }

  /**
   * Starts one container after the other until enough were shown what they may see.
   *
   * @param leastRefused so many have to be refused too
   */
  private void race(
      Path one, Path other, Mount.Builder mount, String script, int leastRefused, Check check)
      throws Exception {
    long end = System.nanoTime() + LONGEST;
    int shown = 0;
    int refused = 0;
    int rounds = 0;
    try (Racer racer = new Racer(directory, one, other)) {
      while (rounds < LEAST_ROUNDS || shown < LEAST_SHOWN || refused < leastRefused) {
        assertThat(System.nanoTime() - end)
            .as("mounted " + shown + " times, refused " + refused + " times")
            .isNegative();
        racer.requireRacing();
        Optional<String> output = output(rounds++, mount, script);
        output.ifPresent(check::of);
        shown += output.filter(said -> said.contains(OWN)).isPresent() ? 1 : 0;
        refused += output.isPresent() ? 0 : 1;
      }
    }
    System.out.println("mounted " + shown + " times, refused " + refused + " times");
  }

  /** Of a container with the mount; empty when it is not made or not started. */
  private Optional<String> output(int round, Mount.Builder mount, String script) throws Exception {
    ContainerConfig.Builder asked =
        client.container("c" + round, "sh", "-c", script).addMounts(mount);
    Optional<String> id = Optional.empty();
    try {
      id = Optional.of(client.create(pod, asked));
      client.start(id.get());
      client.awaitEnd(id.get());
      Path log = Path.of(client.status(id.get()).getLogPath());
      String said = Files.readString(log, StandardCharsets.UTF_8);
      Files.delete(log);
      return Optional.of(said);
    } catch (StatusRuntimeException e) {
      assertThat(e.getStatus().getCode()).as(e.getMessage()).isIn(REFUSALS);
      return Optional.empty();
    } finally {
      id.ifPresent(client::remove);
    }
  }

  /** Nobody but root could exchange a directory in a layer; links there are the image's own. */
  @Test
  void aSubPathOfAnImageNeverLeavesIt() throws Exception {
    Path layer = layer();
    Path link = layer.resolve("other");
    Files.createSymbolicLink(link, outside.getParent());
    Mount.Builder mount =
        Mount.newBuilder()
            .setContainerPath("/mounted")
            .setImage(ImageSpec.newBuilder().setImage(IMAGE))
            .setImageSubPath("model/inner");
    race(
        layer.resolve("model"),
        link,
        mount,
        "cat /mounted/*",
        LEAST_SHOWN,
        output -> assertThat(output).doesNotContain("the host's"));
  }

  private Path layer() throws Exception {
    try (Stream<Path> layers = Files.list(config.root().resolve("images/layers"))) {
      return layers
          .map(layer -> layer.resolve("fs"))
          .filter(tree -> Files.exists(tree.resolve("model")))
          .findFirst()
          .orElseThrow();
    }
  }

  /**
   * A link in a host path is followed, so what must not be seen is what no container may see; in a
   * directory above the daemon's own that is hidden.
   */
  @ParameterizedTest
  @ValueSource(strings = {"run", "state/images", "state/containers", "state", "."})
  void aHostPathNeverShowsTheDaemonsOwn(String target) throws Exception {
    Path shared = Files.createTempDirectory(directory, "shared");
    Path mine = Files.createDirectory(shared.resolve("a"));
    Files.writeString(mine.resolve("mine"), OWN + "pod\n");
    Path link = Files.createSymbolicLink(shared.resolve("b"), directory.resolve(target));
    Mount.Builder mount =
        Mount.newBuilder().setContainerPath("/mounted").setHostPath(mine.toString());
    race(
        mine,
        link,
        mount,
        "cat /mounted/mine; cd /mounted; ls -A . run state images containers",
        target.equals(".") ? 0 : LEAST_SHOWN,
        output ->
            assertThat(output)
                .doesNotContain("cri.sock", "serve.pid", "layers", "leases", "blobs", ".json"));
  }
}
