package dev.stockade.shim.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.stockade.launcher.linux.Linux;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How much larger than its compressed form a layer may be, with the limit that nodes have. */
@Timeout(120)
final class CompressionRatioTest {
  private static final int FREE = 64 << 20;
  private static final int CHUNK = 64 << 10;
  private static final int NOISE_OF_A_CHUNK = 256;

  private Path root;
  private Path source;
  private ImageStore store;

  private enum Form {
    GZIP,
    ZSTD;

    byte[] of(byte[] content) {
      return this == GZIP ? LayoutBuilder.gzip(content) : LayoutBuilder.zstd(content);
    }

    String suffix() {
      return this == GZIP ? "+gzip" : "+zstd";
    }
  }

  @BeforeEach
  void open(@TempDir Path directory) throws ImageException {
    assumeTrue(Linux.root(), "needs root: owners are written");
    root = directory.resolve("store");
    source = directory.resolve("source");
    store = ImageStore.open(root, ImageLimits.DEFAULT, Platform.here());
  }

  @AfterEach
  void close() {
    if (store != null) {
      store.close();
    }
  }

  private static long ratio(byte[] layer, byte[] stored) {
    return layer.length / stored.length;
  }

  private void write(Form form, byte[] layer, byte[] stored) throws IOException {
    LayoutBuilder layout = new LayoutBuilder();
    String config = layout.blob(LayoutBuilder.CONFIG, LayoutBuilder.config("", layer));
    String blob = layout.blob(LayoutBuilder.LAYER + form.suffix(), stored);
    layout.finish(layout.manifest(config, List.of(blob), "")).writeTo(source);
  }

  private void requireRefused(Form form, byte[] layer, String where) throws IOException {
    byte[] stored = form.of(layer);
    assertThat(ratio(layer, stored)).isGreaterThan(ImageLimits.DEFAULT.compressionRatio());
    write(form, layer, stored);
    ImageException refused =
        catchThrowableOfType(
            ImageException.class, () -> store.importFrom(source, Optional.empty()));
    assertThat(refused)
        .hasMessageContaining("layer " + LayoutBuilder.sha256(layer))
        .hasMessageContaining(where)
        .hasMessageContaining("expands more than 500 times (limits.compression_ratio)");
    assertThat(refused.kind()).isEqualTo(ImageException.Kind.REFUSED);
    try (Stream<Path> paths = Files.walk(root, 2)) {
      assertThat(paths.filter(path -> root.relativize(path).getNameCount() == 2)).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aFileOfZerosWithoutEndIsRefused(Form form) throws Exception {
    byte[] layer = new TarBuilder().file("zeros", new byte[FREE + (1 << 20)]).build();
    requireRefused(form, layer, "entry \"zeros\"");
  }

  /** It would be uncompressed as a whole before any limit of a layer could hold. */
  @ParameterizedTest
  @EnumSource
  void anArchiveOfZerosIsRefused(Form form) throws Exception {
    byte[] tar = new TarBuilder().file("zeros", new byte[FREE + (1 << 20)]).build();
    Files.write(source, form.of(tar));
    ImageException refused =
        catchThrowableOfType(
            ImageException.class, () -> store.importFrom(source, Optional.empty()));
    assertThat(refused).hasMessageContaining("expands more than 500 times");
    assertThat(refused.kind()).isEqualTo(ImageException.Kind.REFUSED);
  }

  /** Nothing of it would be written, and it would be read for as long as it lasts. */
  @ParameterizedTest
  @EnumSource
  void zerosBehindTheEndAreRefused(Form form) throws Exception {
    byte[] layer = new TarBuilder().file("f", "x").build();
    requireRefused(form, Arrays.copyOf(layer, FREE + (1 << 20)), "layer");
  }

  @ParameterizedTest
  @EnumSource
  void aLayerThatCompressesWellIsTaken(Form form) throws Exception {
    byte[] content = new byte[FREE + (4 << 20)];
    Random random = new Random(3);
    byte[] noise = new byte[NOISE_OF_A_CHUNK];
    for (int at = 0; at < content.length; at += CHUNK) {
      random.nextBytes(noise);
      System.arraycopy(noise, 0, content, at, noise.length);
    }
    byte[] layer = new TarBuilder().file("log", content).build();
    byte[] stored = form.of(layer);
    assertThat(ratio(layer, stored)).isBetween(100L, 450L);
    write(form, layer, stored);
    Image image = store.importFrom(source, Optional.empty()).get(0);
    Path log = root.resolve(StoreLayout.content(image.chainIds().get(0))).resolve("log");
    assertThat(Digest.sha256(Files.readAllBytes(log))).isEqualTo(Digest.sha256(content));
  }

  /** A small one costs nothing, however well it compresses. */
  @ParameterizedTest
  @EnumSource
  void zerosBelowTheSizeThatCountsAreTaken(Form form) throws Exception {
    byte[] layer = new TarBuilder().file("zeros", new byte[FREE - (1 << 20)]).build();
    byte[] stored = form.of(layer);
    assertThat(ratio(layer, stored)).isGreaterThan(ImageLimits.DEFAULT.compressionRatio());
    write(form, layer, stored);
    assertThat(store.importFrom(source, Optional.empty())).hasSize(1);
  }
}
