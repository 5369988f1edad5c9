package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.cri.v1.AuthConfig;
import dev.stockade.cri.v1.Image;
import dev.stockade.cri.v1.ImageSpec;
import dev.stockade.cri.v1.ListImagesRequest;
import dev.stockade.cri.v1.PullImageRequest;
import dev.stockade.shim.config.Config;
import dev.stockade.shim.image.LayoutBuilder;
import dev.stockade.shim.image.TarBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The daemon is killed at any moment while it pulls from a real registry and removes: the store is
 * whole afterwards, nothing is left over, a tag that was moved is at one image or the other, a
 * container that was there keeps all it has, and the next pull succeeds. So often as {@code
 * -Dstockade.pull.kills} says.
 */
@Timeout(1800)
class PullCrashKernelTest {
  private static final int KILLS = Integer.getInteger("stockade.pull.kills", 8);
  private static final int LAYERS = 6;
  private static final int FILES = 200;
  private static final int FILE_BYTES = 12_000;
  private static final List<String> PARTS =
      List.of("layers", "staging", "records", "blobs", "leases");

  private final Map<String, List<String>> ofOthers = new HashMap<>();
  private final Map<PulledAndRemoved.Call, Integer> broken =
      new EnumMap<>(PulledAndRemoved.Call.class);
  private Path directory;
  private Config config;
  private DockerRegistry registry;
  private DaemonProcess daemon;
  private CriClient client;
  private CrashWitness witness;
  private MovingTag moving;
  private String image;

  @BeforeEach
  void start(@TempDir Path temporary) throws Exception {
    directory = temporary;
    Path hosts = directory.resolve("certs.d");
    config = Machine.config(directory, "[registry]", "hosts_dir = \"" + hosts + "\"");
    CrashWitness.importImages(directory, config);
    byte[][] layers = new byte[LAYERS][];
    for (int i = 0; i < LAYERS; i++) {
      layers[i] = layer(i);
    }
    Path layout = LayoutBuilder.compressed("crash:1", layers).writeTo(directory.resolve("layout"));
    Path files = directory.resolve("registry");
    registry = DockerRegistry.start(files, layout);
    moving = new MovingTag(registry, files, directory.resolve("moving"), this::pull);
    Path own = Files.createDirectories(hosts.resolve(registry.host()));
    Files.writeString(
        own.resolve("hosts.toml"),
        "server = \"https://" + registry.host() + "\"\nca = \"" + registry.authority() + "\"\n");
    image = registry.host() + "/team/busybox:1";
    connect();
    witness = CrashWitness.start(client);
    for (String part : PARTS) {
      ofOthers.put(part, names(part));
    }
    for (PulledAndRemoved.Call call : PulledAndRemoved.Call.values()) {
      broken.put(call, 0);
    }
  }

  private static byte[] layer(int number) {
    TarBuilder tar = new TarBuilder().directory("layer" + number);
    for (int i = 0; i < FILES; i++) {
      tar.file("layer" + number + "/" + i, content(number, i));
    }
    return tar.build();
  }

  private static String content(int layer, int file) {
    return (layer + "." + file + "\n").repeat(FILE_BYTES / 6);
  }

  private void connect() throws Exception {
    daemon = DaemonProcess.start(directory, config);
    client = new CriClient(config.socket(), directory.resolve("logs"));
  }

  @AfterEach
  void end() throws Exception {
    if (daemon != null) {
      client.close();
      if (!daemon.isAlive()) {
        daemon = DaemonProcess.start(directory, config);
      }
      client = new CriClient(config.socket(), directory.resolve("logs"));
      client.removeEverything();
      client.close();
      daemon.end();
      assertThat(Machine.leftovers(config)).isEmpty();
    }
    if (registry != null) {
      registry.close();
    }
  }

  private String pull(String name) {
    AuthConfig auth =
        AuthConfig.newBuilder().setAuth(DockerRegistry.auth(DockerRegistry.PASSWORD)).build();
    return client
        .images()
        .pullImage(
            PullImageRequest.newBuilder()
                .setImage(ImageSpec.newBuilder().setImage(name))
                .setAuth(auth)
                .build())
        .getImageRef();
  }

  private void pull() {
    var unused = pull(image);
  }

  private void remove() {
    client.removeImage(image);
  }

  private PulledAndRemoved calls() {
    return new PulledAndRemoved(
        Map.of(
            PulledAndRemoved.Call.PULL,
            this::pull,
            PulledAndRemoved.Call.MOVE,
            moving::move,
            PulledAndRemoved.Call.REMOVE,
            this::remove));
  }

  @Test
  void nothingHalfMadeIsLeft() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    int halfMade = 0;
    for (int kill = 0; kill < KILLS; kill++) {
      moving.moveTwice();
      broken.merge(calls().killWithin(leastHit(), random.nextDouble(), daemon), 1, Integer::sum);
      client.close();
      halfMade += names("staging").isEmpty() ? 0 : 1;
      connect();
      String at = "kill " + kill + " of seed " + seed;
      witness.requireWhole(client, at);
      moving.requireKept(client, at);
      requireSound(at);
      assertThat(client.collect(true))
          .as(at)
          .noneMatch(part -> part.getKind().equals("unfinished"));
      pull();
      requireSound(at);
      requireWhole(at);
      if (random.nextBoolean()) {
        remove();
        requireSound(at);
      }
    }
    System.out.println(
        KILLS + " kills, in calls " + broken + "; " + halfMade + " with something half-made");
    assertThat(broken.get(leastHit())).isGreaterThan(KILLS / 10);
    assertThat(halfMade).isPositive();
    requireNothingIsLeft();
  }

  /** Removals take a fraction of the time of pulls, so moments are drawn within each. */
  private PulledAndRemoved.Call leastHit() {
    return Collections.min(
        List.of(PulledAndRemoved.Call.values()), Comparator.comparing(broken::get));
  }

  private void requireNothingIsLeft() throws IOException {
    remove();
    moving.remove(client);
    for (String part : PARTS) {
      assertThat(names(part)).as(part).isEqualTo(ofOthers.get(part));
    }
    witness.end(client);
    client.removeImage(CriClient.IMAGE);
    for (String part : PARTS) {
      assertThat(names(part)).as(part).isEmpty();
    }
  }

  private List<String> names(String part) throws IOException {
    try (Stream<Path> names = Files.list(config.root().resolve("images").resolve(part))) {
      return names.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }

  /** What a part has beside what was there at first, all of which it has to have still. */
  private List<String> more(String part, String at) throws IOException {
    List<String> names = names(part);
    List<String> others = ofOthers.getOrDefault(part, List.of());
    assertThat(names).as(at).containsAll(others);
    return names.stream().filter(name -> !others.contains(name)).toList();
  }

  /** What is on disk is what the images known have, and nothing else. */
  private void requireSound(String at) throws IOException {
    List<Image> known =
        client.images().listImages(ListImagesRequest.getDefaultInstance()).getImagesList().stream()
            .filter(found -> !found.getRepoTagsList().contains(CriClient.IMAGE))
            .toList();
    int moved = (int) known.stream().filter(moving::has).count();
    int pulled = known.size() - moved;
    assertThat(pulled).as(at).isLessThanOrEqualTo(1);
    assertThat(more("staging", at)).as(at).isEmpty();
    assertThat(more("records", at)).as(at).hasSize(known.size());
    assertThat(more("layers", at)).as(at).hasSize(LAYERS * pulled + moved);
    assertThat(more("blobs", at)).as(at).hasSize(2 * known.size());
    assertThat(more("leases", at)).as(at).isEmpty();
    assertThat(daemon.said()).as(at).doesNotContain("cannot be read");
  }

  private void requireWhole(String at) throws IOException {
    int whole = 0;
    for (String layer : more("layers", at)) {
      Path tree = config.root().resolve("images/layers").resolve(layer).resolve("fs");
      for (int number = 0; number < LAYERS; number++) {
        for (int i = 0; Files.exists(tree.resolve("layer" + number)) && i < FILES; i++) {
          assertThat(tree.resolve("layer" + number).resolve("" + i))
              .as(at)
              .hasContent(content(number, i));
          whole++;
        }
      }
    }
    assertThat(whole).as(at).isEqualTo(LAYERS * FILES);
  }
}
