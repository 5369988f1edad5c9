package dev.stockade.shim.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/**
 * Layers and archives with bytes changed at random are imported or refused; nothing else ever
 * happens.
 */
final class LayerMutationProperties {
  private static Path directory = Path.of("unset");

  @BeforeContainer
  static void make() throws IOException {
    directory = Files.createTempDirectory("mutation");
  }

  @AfterContainer
  static void delete() throws IOException {
    try (var held =
        dev.stockade.launcher.linux.Directory.open(
            directory.resolveSibling("."), dev.stockade.launcher.linux.Resolution.BENEATH)) {
      held.removeTree(directory.getFileName().toString(), java.time.Duration.ofMinutes(1));
    }
  }

  private static byte[] layer() {
    return new TarBuilder()
        .directory("./")
        .mode(01777)
        .directory("tmp")
        .pax("SCHILY.xattr.user.a", "b")
        .pax("mtime", "1.5")
        .file("tmp/file", "content")
        .symlink("tmp/link", "../../../../etc")
        .hardLink("tmp/hard", "tmp/file")
        .device('3', "null", 1, 3)
        .file("tmp/.wh.gone", "")
        .file("opaque/.wh..wh..opq", "")
        .pax("GNU.sparse.major", "1")
        .pax("GNU.sparse.minor", "0")
        .pax("GNU.sparse.name", "sparse")
        .pax("GNU.sparse.realsize", "4096")
        .file("x", java.util.Arrays.copyOf(LayoutBuilder.utf8("1\n4096\n0\n"), 512))
        .build();
  }

  private static byte[] mutated(byte[] content, long seed) {
    Random random = new Random(seed);
    byte[] changed = content.clone();
    for (int i = random.nextInt(12); i >= 0; i--) {
      int at = random.nextInt(changed.length);
      switch (random.nextInt(4)) {
        case 0 -> changed[at] = (byte) random.nextInt(256);
        case 1 -> changed[at] = (byte) ('0' + random.nextInt(10));
        case 2 -> changed[at] ^= (byte) (1 << random.nextInt(8));
        default -> {
          int from = random.nextInt(changed.length);
          int length = Math.min(512, changed.length - Math.max(from, at));
          System.arraycopy(content, from, changed, at, length);
        }
      }
    }
    return changed;
  }

  private static void importOrRefuse(byte[] archive, long seed) throws Exception {
    Path place = Files.createDirectory(directory.resolve("run" + seed + "-" + System.nanoTime()));
    try (ScratchStore scratch = new ScratchStore(place)) {
      Map<String, String> before = Canary.picture(scratch.bystander);
      Path file = Files.write(place.resolve("archive"), archive);
      boolean imported = true;
      try {
        scratch.store.importFrom(file, Optional.empty());
      } catch (ImageException e) {
        imported = false;
        assertThat(e.getMessage()).startsWith("import ").hasSizeLessThan(2000);
      }
      assertThat(Canary.picture(scratch.bystander)).isEqualTo(before);
      assertThat(scratch.store.list()).hasSize(imported ? 1 : 0);
      scratch.reopen();
      assertThat(scratch.store.problems()).isEmpty();
      assertThat(scratch.store.list()).hasSize(imported ? 1 : 0);
    }
  }

  @Property(tries = 100)
  void aMutatedLayerIsImportedOrRefused(@ForAll long seed) throws Exception {
    byte[] layer = mutated(layer(), seed);
    importOrRefuse(
        LayoutBuilder.docker("a:1", seed % 2 == 0 ? TarBuilder.withChecksums(layer) : layer).tar(),
        seed);
  }

  @Property(tries = 50)
  void aMutatedArchiveIsImportedOrRefused(@ForAll long seed) throws Exception {
    byte[] archive = LayoutBuilder.of("a:1", new TarBuilder().file("f", "1").build()).tar();
    byte[] changed = mutated(archive, seed);
    importOrRefuse(seed % 2 == 0 ? TarBuilder.withChecksums(changed) : changed, seed);
  }
}
