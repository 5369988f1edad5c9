package dev.stockade.shim.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Resolution;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that imports and removes images, makes and removes containers, and collects garbage, is
 * killed at any moment; the next one finds a sound store, and a container that was there has all
 * that it had.
 */
final class ImportCrashTest {
  private static final int KILLS = 6;
  private static final int FILES = 60;
  private static final String OLD = "old";
  private static final String NEW = "new";
  private static final String MOVED = "moved:1";

  private ScratchStore scratch;
  private Digest leased;

  @BeforeEach
  void open(@TempDir Path directory) throws IOException, ImageException {
    scratch = new ScratchStore(directory);
    Path kept = LayoutBuilder.of("kept:1", layer("low")).writeTo(directory.resolve("kept"));
    Path gone = LayoutBuilder.of("gone:1", layer("gone")).writeTo(directory.resolve("gone"));
    Image image = scratch.store.importFrom(kept, Optional.empty()).get(0);
    Image mounted = scratch.store.importFrom(gone, Optional.empty()).get(0);
    Files.createDirectory(directory.resolve(OLD));
    scratch.store.prepare(OLD, image.id(), Set.of(mounted.id()), directory.resolve(OLD));
    leased = mounted.chainIds().get(0);
    assertThat(scratch.store.remove("gone:1")).isTrue();
    scratch.store.close();
  }

  @AfterEach
  void close() {
    scratch.close();
  }

  /** What the killed process runs until it is killed. */
  static final class Importer {
    private Importer() {}

    public static void main(String... args) throws ImageException {
      try (ImageStore store =
          ImageStore.open(Path.of(args[0]), ScratchStore.SMALL, Platform.here())) {
        System.out.println("ready");
        Path container = Path.of(args[2]);
        for (int round = 0; true; round++) {
          Image image = store.importFrom(Path.of(args[1]), Optional.empty()).get(0);
          store.prepare(NEW, image.id(), Set.of(), container);
          if (round % 2 == 0 && !store.remove(image.id().toString())) {
            throw new IllegalStateException("the image imported is not there");
          }
          requireAll(store, image);
          store.release(NEW, container);
          var unused = store.collect(any -> true, false);
        }
      }
    }

    /** Nothing that a container uses is garbage. */
    private static void requireAll(ImageStore store, Image image) throws ImageException {
      var unused = store.collect(any -> true, false);
      if (store.unpackedLayers(image).size() != image.chainIds().size()) {
        throw new IllegalStateException("a layer of the container has gone");
      }
    }
  }

  /**
   * What the killed process runs until it is killed: two images that take a tag from each other.
   */
  static final class Mover {
    private Mover() {}

    public static void main(String... args) throws ImageException {
      try (ImageStore store =
          ImageStore.open(Path.of(args[0]), ScratchStore.SMALL, Platform.here())) {
        for (int move = 0; true; move++) {
          var unused = store.importFrom(Path.of(args[1 + move % 2]), Optional.empty());
          if (move == 2) {
            System.out.println("ready");
          }
        }
      }
    }
  }

  private static byte[] layer(String prefix) {
    TarBuilder tar = new TarBuilder();
    for (int i = 0; i < FILES; i++) {
      tar.file(prefix + "/" + i, "content " + i);
    }
    return tar.build();
  }

  @Test
  void nothingHalfMadeIsLeft() throws Exception {
    LayoutBuilder.of("a:1", layer("low"), layer("high")).writeTo(scratch.source);
    Random random = new Random(4711);
    for (int kill = 0; kill < KILLS; kill++) {
      killAfter(50 + random.nextInt(400), Importer.class, scratch.source, freshContainer());
      requireSoundStore();
    }
  }

  @Test
  void aTagThatMovesIsNeverLost() throws Exception {
    Path one = LayoutBuilder.of(MOVED, layer("one")).writeTo(scratch.directory.resolve("one"));
    Path two = LayoutBuilder.of(MOVED, layer("two")).writeTo(scratch.directory.resolve("two"));
    scratch.reopen();
    Set<Digest> ids = new HashSet<>();
    for (Path source : List.of(one, two)) {
      ids.add(scratch.store.importFrom(source, Optional.empty()).get(0).id());
    }
    scratch.store.close();
    Random random = new Random(4712);
    for (int kill = 0; kill < KILLS; kill++) {
      killAfter(random.nextInt(200), Mover.class, one, two);
      requireSoundStore();
      scratch.reopen();
      assertThat(scratch.store.find(MOVED).orElseThrow().id()).isIn(ids);
      assertThat(scratch.store.list().stream().flatMap(image -> image.tags().stream()))
          .as("tags of all images")
          .doesNotHaveDuplicates();
      assertThat(scratch.root.resolve(StoreLayout.RECORDS)).isDirectoryNotContaining("glob:**.new");
      scratch.store.close();
    }
  }

  /** As the directory of a record is that was never published. */
  private Path freshContainer() throws IOException {
    try (Directory held = Directory.open(scratch.directory, Resolution.BENEATH)) {
      held.removeTree(NEW, Duration.ofMinutes(1));
    }
    return Files.createDirectory(scratch.directory.resolve(NEW));
  }

  private void killAfter(int milliseconds, Class<?> program, Path... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), program.getName()));
    command.add(scratch.root.toString());
    Stream.of(arguments).map(Path::toString).forEach(command::add);
    Process importer =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try (var output = importer.inputReader()) {
      assertThat(output.readLine()).isEqualTo("ready");
      Thread.sleep(milliseconds);
      assertThat(importer.isAlive()).isTrue();
    } finally {
      importer.destroyForcibly();
      assertThat(importer.waitFor(30, TimeUnit.SECONDS)).isTrue();
    }
  }

  /** A layer has a directory of files and nothing else. */
  private static void requireWhole(Path content) throws IOException {
    try (Stream<Path> directories = Files.list(content)) {
      assertThat(directories)
          .singleElement()
          .satisfies(
              directory -> {
                for (int i = 0; i < FILES; i++) {
                  assertThat(directory.resolve("" + i)).hasContent("content " + i);
                }
              });
    }
  }

  /** What was there stays; what was coming and going is whole or not there. */
  private void requireSoundStore() throws IOException, ImageException {
    scratch.reopen();
    try {
      scratch.store.keepLeases(Set.of(OLD));
      assertThat(scratch.store.collect(any -> false, false).parts()).isEmpty();
      assertThat(scratch.store.problems()).isEmpty();
      assertThat(scratch.root.resolve("staging")).isEmptyDirectory();
      assertThat(scratch.store.find("kept:1")).isPresent();
      Path mounted = scratch.root.resolve(StoreLayout.content(leased));
      for (int i = 0; i < FILES; i++) {
        assertThat(mounted.resolve("gone/" + i)).hasContent("content " + i);
      }
      assertThat(scratch.store.rootFs(OLD, scratch.directory.resolve(OLD)).lower()).hasSize(1);
      Set<Digest> layers = new HashSet<>(Set.of(leased));
      for (Image image : scratch.store.list()) {
        layers.addAll(image.chainIds());
        for (int number = 0; number < image.chainIds().size(); number++) {
          requireWhole(scratch.content(image, number));
        }
      }
      assertThat(scratch.leftovers().stream().filter(name -> name.startsWith("layers/")))
          .hasSameSizeAs(layers);
    } finally {
      scratch.store.close();
    }
  }
}
