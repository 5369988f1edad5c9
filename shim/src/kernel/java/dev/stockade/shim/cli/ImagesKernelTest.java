package dev.stockade.shim.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.stockade.shim.config.Config;
import dev.stockade.shim.daemon.CriClient;
import dev.stockade.shim.daemon.Daemon;
import dev.stockade.shim.daemon.Machine;
import dev.stockade.shim.image.LayoutBuilder;
import dev.stockade.shim.image.TarBuilder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code stockade images} against a daemon with a store of its own. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(180)
final class ImagesKernelTest {
  private Config config;
  private Daemon daemon;
  private CriClient client;
  private Path directory;

  @BeforeAll
  void start(@TempDir Path temporary) throws Exception {
    directory = temporary;
    config = Machine.config(directory, "[images]", "pinned = [\"docker.io/library/*\"]");
    Machine.importBusybox(directory, config);
    daemon = Daemon.start(config, Machine.warden(), "test");
    client = new CriClient(config.socket(), directory.resolve("logs"));
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

  private CommandLineRun run(String... args) {
    return CommandLineRun.of(Map.of("STOCKADE_SOCKET", config.socket().toString()), args);
  }

  private JsonNode json(String... args) throws Exception {
    CommandLineRun run = run(args);
    assertThat(run.err()).isEmpty();
    assertThat(run.exitCode()).isZero();
    return new ObjectMapper().readTree(run.out());
  }

  private void importImage(String name, String configMore) throws Exception {
    byte[] layer = new TarBuilder().file("f", "0123456789").build();
    LayoutBuilder layout = new LayoutBuilder();
    layout.finish(layout.image(configMore, LayoutBuilder.named(name), layer));
    Path source = Files.createTempDirectory(directory, "layout");
    CommandLineRun run = run("images", "import", layout.writeTo(source).toString());
    assertThat(run.err()).isEmpty();
  }

  @Test
  void inspectTellsAllAndIsHarmlessForATerminal() throws Exception {
    String hostile = "a\\u001b[31mb\\u009bc\\u202ed\\u007fe";
    importImage("test.example/hostile:1", ",'config':{'Labels':{'l':'" + hostile + "'}}");
    CommandLineRun run = run("images", "inspect", "test.example/hostile:1");
    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).doesNotContainPattern("[\\p{Cntrl}\\p{Cf}&&[^\\n]]");
    JsonNode image = new ObjectMapper().readTree(run.out()).path(0);
    String label = "a\u001b[31mb\u009bc\u202ed\u007fe";
    assertThat(image.at("/labels/l").asText()).isEqualTo(label);
    assertThat(image.at("/config/config/Labels/l").asText()).isEqualTo(label);
    assertThat(image.at("/os").asText()).isEqualTo("linux");
    assertThat(image.at("/layers/0/size").asText()).isEqualTo("10");
    assertThat(image.at("/layers/0/diffId")).isEqualTo(image.at("/config/rootfs/diff_ids/0"));
    assertThat(image.at("/layers/0/chainId")).isEqualTo(image.at("/layers/0/diffId"));
    assertThat(image.path("pinned").asBoolean()).isFalse();
    CommandLineRun unknown = run("images", "inspect", "nothing:1", "test.example/hostile:1");
    assertThat(unknown.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(unknown.err()).contains("no image \"nothing:1\"");
    assertThat(new ObjectMapper().readTree(unknown.out())).hasSize(1);
  }

  @Test
  void dfAndGcTellWhatIsUsedAndFreeTheRest() throws Exception {
    String pod = client.run(client.pod("df"));
    String container =
        client.create(
            pod, client.container("main", "dd", "if=/dev/zero", "of=/big", "bs=1M", "count=4"));
    client.start(container);
    client.awaitEnd(container);
    importImage("test.example/spare:1", ",'author':'somebody'");
    JsonNode usage = json("images", "df", "--json");
    assertThat(usage.at("/containers/0/id").asText()).isEqualTo(container);
    assertThat(usage.at("/containers/0/bytes").asLong()).isBetween(4L << 20, (4L << 20) + 16384);
    assertThat(usage.path("images"))
        .anySatisfy(
            image -> {
              assertThat(image.path("name").asText()).isEqualTo(CriClient.IMAGE);
              assertThat(image.path("containers").asInt()).isEqualTo(1);
            });
    assertThat(usage.path("reclaimable").asText()).isEqualTo("0");
    CommandLineRun table = run("images", "df");
    assertThat(table.out()).contains("test.example/spare:1", container.substring(0, 13), "4.0");
    JsonNode told = json("images", "gc", "--unused", "--dry-run", "--json");
    assertThat(told.path("bytes")).isEqualTo(usage.path("reclaimableUnused"));
    assertThat(run("images", "ls").out()).contains("test.example/spare:1");
    CommandLineRun gone = run("images", "gc", "--unused");
    assertThat(gone.err()).isEmpty();
    assertThat(gone.out()).contains("test.example/spare:1", "freed ");
    assertThat(run("images", "ls").out())
        .contains(CriClient.IMAGE)
        .doesNotContain("test.example/spare:1");
    assertThat(run("images", "gc").out()).isEqualTo("freed 0B\n");
  }

  @Test
  void anExportedImageComesBack() throws Exception {
    importImage("test.example/kept:1", ",'author':'kept'");
    String id = json("images", "inspect", "test.example/kept:1").at("/0/id").asText();
    Path file = directory.resolve("kept.tar");
    CommandLineRun run = run("images", "export", "test.example/kept:1", "-o", file.toString());
    assertThat(run.err()).isEmpty();
    assertThat(run.exitCode()).isZero();
    assertThat(run("images", "rm", "test.example/kept:1").exitCode()).isZero();
    assertThat(run("images", "import", file.toString()).exitCode()).isZero();
    assertThat(json("images", "inspect", "test.example/kept:1").at("/0/id").asText()).isEqualTo(id);
  }

  /** Whatever was there stays until all of the new one is. */
  @Test
  void anExportThatFailsLeavesNothing() throws Exception {
    importImage("test.example/broken:1", ",'author':'broken'");
    JsonNode image = json("images", "inspect", "test.example/broken:1");
    Path layer =
        config
            .root()
            .resolve("images/layers")
            .resolve(image.at("/0/layers/0/chainId").asText().replace(':', '-'));
    byte[] content = Files.readAllBytes(layer.resolve("fs/f"));
    Files.writeString(layer.resolve("fs/f"), "changed!!!");
    Path exports = Files.createDirectory(directory.resolve("exports"));
    Path file = Files.writeString(exports.resolve("image.tar"), "before");
    try {
      CommandLineRun run = run("images", "export", "test.example/broken:1", "-o", file.toString());
      assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
      assertThat(run.err()).contains(image.at("/0/layers/0/diffId").asText(), "changed on disk");
      assertThat(file).hasContent("before");
      assertThat(exports).isDirectoryNotContaining(path -> !path.equals(file));
      CommandLineRun nowhere = run("images", "export", "test.example/broken:1", "-o", exports + "");
      assertThat(nowhere.err()).contains("no regular file");
    } finally {
      Files.write(layer.resolve("fs/f"), content);
    }
  }
}
