package dev.stockade.shim.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Resolution;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * On a tmpfs, which like XFS and btrfs lets a directory have as many attributes as there is room.
 */
final class DirectoryAttributesTest {
  private static final String TOO_LARGE = "attributes of a directory are larger than 65536 bytes";
  private static final byte[] LARGE = new byte[30_000];

  private Path outside;
  private SmallDisk disk;
  private ScratchStore scratch;

  @BeforeEach
  void open(@TempDir Path directory) throws IOException, ImageException {
    outside = directory;
    disk = SmallDisk.tmpfs(directory.resolve("disk"), "size=20m,mode=700");
    scratch = new ScratchStore(directory.resolve("disk"));
  }

  @AfterEach
  void close() throws IOException {
    scratch.close();
    disk.close();
  }

  private Image imported(TarBuilder... layers) throws IOException, ImageException {
    byte[][] tars = new byte[layers.length][];
    for (int i = 0; i < layers.length; i++) {
      tars[i] = layers[i].build();
    }
    return scratch.importOne(LayoutBuilder.of("test.example/a:1", tars));
  }

  /** As an older daemon left it. */
  private static void give(Path directory, int attributes, int length, byte[] value)
      throws IOException {
    try (Directory held = Directory.open(directory, Resolution.BENEATH)) {
      for (int i = 0; i < attributes; i++) {
        held.fd().setAttribute("user." + i + "n".repeat(length), value);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"d/", "./"})
  void entriesDoNotAddUpWithoutEnd(String name) throws Exception {
    TarBuilder tar = new TarBuilder();
    for (String attribute : List.of("a", "b")) {
      tar.pax("SCHILY.xattr.user." + attribute, LARGE).directory(name);
    }
    Image image = imported(tar);
    try (Directory held =
        Directory.open(scratch.content(image, 0).resolve(name), Resolution.BENEATH)) {
      assertThat(held.fd().attributes("user.", 1 << 20)).containsOnlyKeys("user.a", "user.b");
    }
    tar = new TarBuilder();
    for (String attribute : List.of("a", "b", "c")) {
      tar.pax("SCHILY.xattr.user." + attribute, LARGE).directory(name);
    }
    ImageException refused = catchThrowableOfType(ImageException.class, refusing(tar));
    assertThat(refused).hasMessageContaining("entry \"" + name + "\": the extended " + TOO_LARGE);
    assertThat(refused.kind()).isEqualTo(ImageException.Kind.REFUSED);
  }

  private ThrowingCallable refusing(TarBuilder... layers) {
    return () -> imported(layers);
  }

  /** Three values of 30 KB, and more names than the kernel lists. */
  @ParameterizedTest
  @ValueSource(ints = {3, 300})
  void aRootOfTooManyIsRefusedAndItsLayersMayGo(int attributes) throws Exception {
    Image image = imported(new TarBuilder().file("f", "x"));
    Path content = scratch.content(image, 0);
    give(content, attributes, attributes > 3 ? 240 : 1, attributes > 3 ? new byte[0] : LARGE);
    Path container = Files.createDirectory(scratch.directory.resolve("c"));
    ImageException refused =
        catchThrowableOfType(
            ImageException.class,
            () -> scratch.store.prepare("c", image.id(), Set.of(), container));
    assertThat(refused)
        .hasMessageContaining("root file system of c")
        .hasMessageContaining(TOO_LARGE);
    assertThat(refused.kind()).isEqualTo(ImageException.Kind.REFUSED);
    assertThat(container).isEmptyDirectory();
    assertThat(scratch.store.remove(image.id().toString())).isTrue();
    assertThat(content).doesNotExist();
  }

  @Test
  void whereARootFileSystemCannotBeMadeItsLayersMayGo() throws Exception {
    Image image = imported(new TarBuilder().file("f", "x"));
    Path nowhere = scratch.directory.resolve("nowhere");
    assertThatThrownBy(() -> scratch.store.prepare("c", image.id(), Set.of(), nowhere))
        .isInstanceOf(ImageException.class);
    assertThat(scratch.store.remove(image.id().toString())).isTrue();
    assertThat(scratch.content(image, 0)).doesNotExist();
  }

  @Test
  void aDirectoryOfALowerLayerWithTooManyIsRefusedByName() throws Exception {
    TarBuilder lower = new TarBuilder().directory("d");
    Image image = imported(lower);
    give(scratch.content(image, 0).resolve("d"), 3, 1, LARGE);
    ImageException refused =
        catchThrowableOfType(
            ImageException.class,
            refusing(new TarBuilder().directory("d"), new TarBuilder().file("d/f", "x")));
    assertThat(refused).hasMessageContaining("directory \"/d\": the extended " + TOO_LARGE);
    assertThat(refused.kind()).isEqualTo(ImageException.Kind.REFUSED);
  }

  private void assumeSmallAttributes() throws IOException {
    assumeTrue(
        Files.getFileStore(outside).type().equals("ext4"),
        "needs temporary files on ext4, which keeps at most a block of attributes");
  }

  /** ENOSPC is not a full disk alone. */
  @Test
  void attributesThatDoNotFitAreToldForWhatTheyMayBe() throws Exception {
    assumeSmallAttributes();
    Image image = imported(new TarBuilder().pax("SCHILY.xattr.user.a", LARGE).directory("./"));
    Path container = Files.createDirectory(outside.resolve("c"));
    assertThatThrownBy(() -> scratch.store.prepare("c", image.id(), Set.of(), container))
        .isInstanceOf(ImageException.class)
        .hasMessageContaining("its file system may also keep less than these attributes");
    try (Directory store = Directory.open(scratch.root, Resolution.BENEATH);
        Directory other = Directory.open(outside, Resolution.BENEATH)) {
      LowerLayers below =
          new LowerLayers(store, List.of(StoreLayout.content(image.chainIds().get(0))));
      assertThatThrownBy(
              () -> new ImpliedDirectories(ImpliedDirectories.room()).settle(other, below))
          .isInstanceOf(ImageException.class)
          .hasMessageContaining("directory \"/\"")
          .hasMessageContaining("its file system may also keep less than these attributes");
    }
  }

  @Test
  void aPullThatIsNotWantedAnyMoreSettlesNothing() throws Exception {
    Image image = imported(new TarBuilder().mode(0700).directory("./"));
    Path other = Files.createDirectory(scratch.directory.resolve("other"));
    try (Directory store = Directory.open(scratch.root, Resolution.BENEATH);
        Directory content = Directory.open(other, Resolution.BENEATH)) {
      LowerLayers below =
          new LowerLayers(store, List.of(StoreLayout.content(image.chainIds().get(0))));
      Thread.currentThread().interrupt();
      assertThatThrownBy(
              () -> new ImpliedDirectories(ImpliedDirectories.room()).settle(content, below))
          .isInstanceOf(InterruptedException.class);
      assertThat(content.fd().status().permissions()).isEqualTo(0755);
    }
  }
}
