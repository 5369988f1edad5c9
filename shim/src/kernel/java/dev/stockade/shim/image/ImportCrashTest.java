package dev.stockade.shim.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that imports and removes images is killed at any moment; the next one finds a sound
 * store.
 */
final class ImportCrashTest {
  private static final int KILLS = 6;
  private static final int FILES = 60;

  private ScratchStore scratch;

  @BeforeEach
  void open(@TempDir Path directory) throws IOException, ImageException {
    scratch = new ScratchStore(directory);
    Path kept = LayoutBuilder.of("kept:1", layer("low")).writeTo(directory.resolve("kept"));
    assertThat(scratch.store.importFrom(kept, Optional.empty())).hasSize(1);
    scratch.store.close();
  }

  @AfterEach
  void close() {
    scratch.close();
  }

  /** What the killed process runs: imports and removes until it is killed. */
  static final class Importer {
    private Importer() {}

    public static void main(String... args) throws ImageException {
      try (ImageStore store =
          ImageStore.open(Path.of(args[0]), ScratchStore.SMALL, Platform.here())) {
        System.out.println("ready");
        while (true) {
          Image image = store.importFrom(Path.of(args[1]), Optional.empty()).get(0);
          if (!store.remove(image.id().toString())) {
            throw new IllegalStateException("the image imported is not there");
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
      killAfter(50 + random.nextInt(400));
      requireSoundStore();
    }
  }

  private void killAfter(int milliseconds) throws IOException, InterruptedException {
    Process importer =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Importer.class.getName(),
                scratch.root.toString(),
                scratch.source.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (var output = importer.inputReader()) {
      assertThat(output.readLine()).isEqualTo("ready");
      Thread.sleep(milliseconds);
      assertThat(importer.isAlive()).isTrue();
    } finally {
      importer.destroyForcibly();
      assertThat(importer.waitFor(30, TimeUnit.SECONDS)).isTrue();
    }
  }

  /** The image that was there stays; the one coming and going is whole or not there. */
  private void requireSoundStore() throws IOException, ImageException {
    scratch.reopen();
    try {
      assertThat(scratch.store.problems()).isEmpty();
      assertThat(scratch.root.resolve("staging")).isEmptyDirectory();
      assertThat(scratch.store.find("kept:1")).isPresent();
      Set<Digest> layers = new HashSet<>();
      for (Image image : scratch.store.list()) {
        layers.addAll(image.chainIds());
        for (int i = 0; i < FILES; i++) {
          assertThat(scratch.content(image, 0).resolve("low/" + i)).hasContent("content " + i);
          if (image.chainIds().size() > 1) {
            assertThat(scratch.content(image, 1).resolve("high/" + i)).hasContent("content " + i);
          }
        }
      }
      assertThat(scratch.leftovers().stream().filter(name -> name.startsWith("layers/")))
          .hasSameSizeAs(layers);
    } finally {
      scratch.store.close();
    }
  }
}
