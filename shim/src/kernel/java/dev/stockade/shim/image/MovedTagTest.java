package dev.stockade.shim.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A tag moves from one image to another, and a crash comes when the record of the second is written
 * and that of the first is not.
 */
@Timeout(60)
final class MovedTagTest {
  private static final String TAG = "test.example/moved:1";

  private ScratchStore scratch;
  private List<Path> sources = List.of();

  @BeforeEach
  void open(@TempDir Path directory) throws IOException, ImageException {
    scratch = new ScratchStore(directory);
    sources = List.of(source("one"), source("two"));
  }

  @AfterEach
  void close() {
    scratch.close();
  }

  private Path source(String content) throws IOException {
    return LayoutBuilder.of(TAG, new TarBuilder().file("f", content).build())
        .writeTo(scratch.directory.resolve(content));
  }

  private Image bring(int number) throws ImageException {
    return scratch.store.importFrom(sources.get(number), Optional.empty()).get(0);
  }

  private Path record(Image image) {
    return scratch.root.resolve(StoreLayout.record(image.id()));
  }

  private static void requireTag(ImageStore store, Image with, Image without) throws Exception {
    assertThat(store.problems()).isEmpty();
    assertThat(store.find(TAG).orElseThrow().id()).isEqualTo(with.id());
    assertThat(store.find(without.id().toString()).orElseThrow().tags()).isEmpty();
  }

  /**
   * The image with the lower id first, and the other way round, because neither order of names may
   * decide.
   *
   * @param first which image has the tag before
   */
  private void crash(int first, boolean both) throws Exception {
    Image old = bring(first);
    if (both) {
      bring(1 - first);
      bring(first);
    }
    byte[] before = Files.readAllBytes(record(old));
    Image moved = bring(1 - first);
    Files.write(record(old), before);
    Path unfinished = record(old).resolveSibling("." + record(old).getFileName() + ".new");
    Files.writeString(unfinished, "{");
    ImageStore seen =
        ImageStore.look(scratch.root, ScratchStore.SMALL, Platform.here(), Admission.OF_EVERYTHING);
    requireTag(seen, moved, old);
    seen.close();
    assertThat(record(old)).hasBinaryContent(before);
    scratch.reopen();
    requireTag(scratch.store, moved, old);
    assertThat(unfinished).doesNotExist();
    assertThat(scratch.store.remove(moved.id().toString())).isTrue();
    scratch.reopen();
    assertThat(scratch.store.find(TAG)).as("the tag of what was removed").isEmpty();
    assertThat(scratch.store.find(old.id().toString())).isPresent();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void theNewImageHasIt(int first) throws Exception {
    crash(first, false);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void theImageItCameBackToHasIt(int first) throws Exception {
    crash(first, true);
  }

  /** The order survives a restart, so that what is written after it is the newer. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void itIsSoAfterARestart(int first) throws Exception {
    bring(first);
    bring(1 - first);
    bring(first);
    scratch.reopen();
    crash(1 - first, false);
  }
}
