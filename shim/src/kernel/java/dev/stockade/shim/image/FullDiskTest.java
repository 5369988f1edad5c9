package dev.stockade.shim.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Linux;
import dev.stockade.launcher.linux.Mounts;
import dev.stockade.launcher.linux.Resolution;
import dev.stockade.launcher.linux.SyscallException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The disk is full, or a quota is used up, at every block and inode that an image and a container
 * need: each failure says so, and leaves nothing; with room it succeeds.
 */
@Timeout(120)
final class FullDiskTest {
  private static final String NAME = "test.example/a:1";
  private static final int MOST_STEPS = 400;

  private Path directory;
  private Path root;
  private Path source;
  private SmallDisk disk;
  private ImageStore store;
  private int allowed = 2048;

  @BeforeEach
  void open(@TempDir Path temporary) throws Exception {
    assumeTrue(Linux.root(), "needs root: file systems are mounted");
    directory = temporary;
    root = directory.resolve("disk/store");
    source = layout().writeTo(directory.resolve("source"));
    disk = SmallDisk.tmpfs(directory.resolve("disk"), "size=2m,nr_inodes=200");
    store = ImageStore.open(root, ImageLimits.DEFAULT, Platform.here());
  }

  private static LayoutBuilder layout() throws Exception {
    byte[] noise = new byte[20_000];
    new Random(5).nextBytes(noise);
    byte[] base = new TarBuilder().directory("d").file("d/a", noise).file("b", "1").build();
    byte[] top = new TarBuilder().file("d/c", noise).symlink("l", "d").build();
    LayoutBuilder layout = new LayoutBuilder();
    String volume = ",'config':{'Volumes':{'/data/deep':{}}}";
    layout.finish(layout.image(volume, LayoutBuilder.named(NAME), base, top));
    return layout;
  }

  private void reopen() throws Exception {
    store.close();
    store = ImageStore.open(root, ImageLimits.DEFAULT, Platform.here());
  }

  @AfterEach
  void close() throws Exception {
    if (store != null) {
      store.close();
    }
    if (disk != null) {
      disk.close();
    }
  }

  private interface Attempt {
    void run() throws Exception;
  }

  /**
   * Tries with ever more room until it is enough.
   *
   * @return how often it was not
   */
  private int untilThereIsRoom(String errno, Attempt attempt, Attempt more) throws Exception {
    Map<String, String> before = Canary.contents(root);
    for (int step = 0; step < MOST_STEPS; step++) {
      try {
        attempt.run();
        return step;
      } catch (ImageException e) {
        assertThat(e.kind()).as(e.getMessage()).isEqualTo(ImageException.Kind.FULL);
        assertThat(e)
            .hasMessageContaining(directory.resolve("disk").toString())
            .hasMessageContaining(errno + " (")
            .hasMessageContaining("images gc")
            .hasMessageContaining("images rm");
        assertThat(Canary.contents(root)).isEqualTo(before);
      }
      more.run();
    }
    throw new AssertionError("there was never room enough");
  }

  private void bring() throws Exception {
    assertThat(store.importFrom(source, Optional.empty())).hasSize(1);
  }

  private Image image() throws Exception {
    return store.find(NAME).orElseThrow();
  }

  private void requireWhole() throws Exception {
    reopen();
    assertThat(store.problems()).isEmpty();
    for (Digest chain : image().chainIds()) {
      assertThat(root.resolve(StoreLayout.content(chain)).resolve("d")).isNotEmptyDirectory();
    }
    assertThat(root.resolve(StoreLayout.STAGING)).isEmptyDirectory();
  }

  @Test
  void noBlocksForAnImage() throws Exception {
    disk.fillBlocks();
    assertThat(untilThereIsRoom("ENOSPC", this::bring, disk::giveBlock)).isGreaterThan(15);
    requireWhole();
  }

  @Test
  void noInodesForAnImage() throws Exception {
    disk.fillInodes();
    assertThat(untilThereIsRoom("ENOSPC", this::bring, disk::giveInode)).isGreaterThan(15);
    requireWhole();
  }

  @Test
  void noRoomForTheArchiveOfAnImage() throws Exception {
    LayoutBuilder layout = LayoutBuilder.of(NAME, new TarBuilder().file("b", "1").build());
    source = Files.write(directory.resolve("archive"), LayoutBuilder.gzip(layout.tar()));
    disk.fillBlocks();
    assertThat(untilThereIsRoom("ENOSPC", this::bring, disk::giveBlock)).isGreaterThan(3);
  }

  /** An image with so many annotations that its record takes more blocks than the one before. */
  private static LayoutBuilder moved() {
    LayoutBuilder layout = new LayoutBuilder();
    byte[] layer = new TarBuilder().directory("d").file("d/a", "moved").build();
    String content = layout.blob(LayoutBuilder.LAYER, layer);
    String config = layout.blob(LayoutBuilder.CONFIG, LayoutBuilder.config("", layer));
    byte[] manifest =
        LayoutBuilder.utf8(
            "{'schemaVersion':2,'config':"
                + config
                + ",'layers':["
                + content
                + "],'annotations':{'long':'"
                + "n".repeat(9000)
                + "'}}");
    String named = layout.blob(LayoutBuilder.MANIFEST, manifest, LayoutBuilder.named(NAME));
    return layout.finish(named);
  }

  /** The image that had the tag has it until there is room for both records. */
  @Test
  void noRoomToMoveATag() throws Exception {
    bring();
    Path first = source;
    Image old = image();
    source = moved().writeTo(directory.resolve("moved"));
    disk.fillBlocks();
    assertThat(untilThereIsRoom("ENOSPC", this::bring, disk::giveBlock)).isGreaterThan(5);
    requireWhole();
    Image moved = image();
    assertThat(moved.id()).isNotEqualTo(old.id());
    assertThat(store.find(old.id().toString()).orElseThrow().tags()).isEmpty();
    source = first;
    disk.fillBlocks();
    assertThat(untilThereIsRoom("ENOSPC", this::bring, disk::giveBlock)).isPositive();
    requireWhole();
    assertThat(image().id()).isEqualTo(old.id());
    assertThat(store.find(moved.id().toString()).orElseThrow().tags()).isEmpty();
  }

  private Path container() throws Exception {
    return Files.createDirectories(directory.resolve("disk/c1"));
  }

  /** As the making of a container does, which takes all back when a part of it fails. */
  private void snapshot() throws Exception {
    ContainerRootFs made = store.prepare("c1", image().id(), Set.of(), container());
    try {
      try (Directory root = root(made)) {
        DeclaredVolumes.make(root, image().config(), 0, 0);
      }
      assertThat(made.upper().resolve("data/deep")).isEmptyDirectory();
    } catch (SyscallException e) {
      store.release("c1", container());
      throw ImageException.storage("mount the root", e);
    } catch (ImageException e) {
      store.release("c1", container());
      throw e;
    }
  }

  /** As the launcher mounts it in a pod without a user namespace. */
  private static Directory root(ContainerRootFs made) throws SyscallException {
    List<Mounts.Layer> layers = made.lower().stream().map(Mounts.Layer::of).toList();
    Mounts.Writable writable = new Mounts.Writable(made.upper(), made.work());
    return Directory.of(
        Mounts.overlay(layers, Optional.of(writable), "", 0),
        Resolution.IN_ROOT,
        made.upper().toString());
  }

  @Test
  void noRoomForASnapshot() throws Exception {
    bring();
    container();
    disk.fillInodes();
    assertThat(untilThereIsRoom("ENOSPC", this::snapshot, disk::giveInode)).isGreaterThan(4);
    store.release("c1", container());
    assertThat(container()).isEmptyDirectory();
    disk.empty();
    disk.fillBlocks();
    assertThat(untilThereIsRoom("ENOSPC", this::snapshot, disk::giveBlock)).isPositive();
  }

  /** Whoever makes room with the store has to be able to open it. */
  @Test
  void aFullStoreIsOpenedAndImagesAreDeleted() throws Exception {
    bring();
    disk.fillBlocks();
    disk.fillInodes();
    reopen();
    assertThat(store.problems()).isEmpty();
    assertThat(store.collect(image -> false, false).parts()).isEmpty();
    assertThat(store.remove(NAME)).isTrue();
    disk.empty();
    bring();
    disk.fillBlocks();
    disk.fillInodes();
    assertThat(store.collect(image -> true, false).bytes()).isPositive();
    assertThat(store.list()).isEmpty();
  }

  @Test
  void aQuotaIsUsedUp() throws Exception {
    SmallDisk.assumeQuotas();
    store.close();
    disk.close();
    disk = SmallDisk.quota(directory.resolve("btrfs"), directory.resolve("disk"), 2048);
    store = ImageStore.open(root, ImageLimits.DEFAULT, Platform.here());
    disk.fillBlocks();
    assertThat(untilThereIsRoom("EDQUOT", this::bring, this::raise)).isPositive();
    requireWhole();
    container();
    disk.limit(2048);
    assertThat(untilThereIsRoom("EDQUOT", this::snapshot, this::raise)).isPositive();
    store.release("c1", container());
    assertThat(store.remove(NAME)).isTrue();
  }

  private void raise() throws Exception {
    allowed += 128;
    disk.limit(allowed);
  }
}
