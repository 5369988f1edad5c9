package dev.stockade.shim.image;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class GarbageTest {
  private static final byte[] BASE = new TarBuilder().file("base", "12345").build();
  private static final byte[] TOP = new TarBuilder().file("top", "1234567").build();
  private static final byte[] OTHER = new TarBuilder().file("other", "123").build();

  private ScratchStore scratch;

  @BeforeEach
  void open(@TempDir Path directory) throws IOException, ImageException {
    scratch = new ScratchStore(directory);
  }

  @AfterEach
  void close() {
    scratch.close();
  }

  private Garbage collect(boolean unused, boolean dryRun) throws ImageException {
    return scratch.store.collect(image -> unused, dryRun);
  }

  @Test
  void whatNobodyNeedsIsFoundAndOnlyThenDeleted() throws Exception {
    scratch.importOne(LayoutBuilder.of("test.example/a:1", BASE, TOP));
    List<String> before = scratch.leftovers();
    assertThat(collect(false, false).parts()).isEmpty();
    Digest stray = Digest.sha256(LayoutBuilder.utf8("stray"));
    Files.write(scratch.root.resolve(StoreLayout.blob(stray)), LayoutBuilder.utf8("stray"));
    Path broken = Files.createDirectory(scratch.root.resolve(StoreLayout.layer(stray)));
    Files.write(broken.resolve("rest"), new byte[5000]);
    List<String> littered = scratch.leftovers();
    Garbage told = collect(false, true);
    assertThat(scratch.leftovers()).isEqualTo(littered);
    assertThat(told.parts())
        .extracting(part -> part.kind() + " " + part.name())
        .containsExactly("DOCUMENT " + stray, "LAYER " + stray);
    assertThat(told.parts().get(0).bytes()).isEqualTo(5);
    assertThat(told.bytes()).isGreaterThan(5005);
    assertThat(collect(false, false)).isEqualTo(told);
    assertThat(scratch.leftovers()).isEqualTo(before);
  }

  @Test
  void imagesThatNoContainerUsesGoWithTheLayersThatAreTheirsAlone() throws Exception {
    Image used = scratch.importOne(LayoutBuilder.of("test.example/used:1", BASE, TOP));
    Image mounted = scratch.importOne(LayoutBuilder.of("test.example/mounted:1", OTHER));
    Image spare = scratch.importOne(LayoutBuilder.of("test.example/spare:1", BASE, OTHER));
    Path other = scratch.skeleton(spare, 1);
    long besideOther = Files.size(other);
    Path container = Files.createDirectory(scratch.directory.resolve("c1"));
    scratch.store.prepare("c1", used.id(), Set.of(mounted.id()), container);
    Garbage gone = collect(true, false);
    assertThat(gone.parts())
        .filteredOn(part -> part.kind() != Garbage.Kind.DOCUMENT)
        .extracting(part -> part.kind() + " " + part.name() + " " + part.bytes())
        .containsExactly(
            "IMAGE test.example/spare:1 0",
            "LAYER " + spare.chainIds().get(1) + " " + (3 + besideOther));
    assertThat(other).doesNotExist();
    assertThat(scratch.store.list()).containsExactlyInAnyOrder(used, mounted);
    assertThat(scratch.content(used, 0).resolve("base")).hasContent("12345");
    scratch.reopen();
    assertThat(scratch.store.list()).containsExactlyInAnyOrder(used, mounted);
    scratch.store.release("c1", container);
    collect(true, false);
    assertThat(scratch.leftovers()).isEmpty();
  }

  @Test
  void layersOfARemovedImageStayForItsContainer() throws Exception {
    Image image = scratch.importOne(LayoutBuilder.of("test.example/a:1", BASE));
    Path container = Files.createDirectory(scratch.directory.resolve("c1"));
    scratch.store.prepare("c1", image.id(), Set.of(), container);
    scratch.store.remove("test.example/a:1");
    assertThat(collect(true, false).parts()).isEmpty();
    assertThat(scratch.content(image, 0).resolve("base")).hasContent("12345");
    assertThat(scratch.store.usageByImage().leasedBytes())
        .isEqualTo(5 + Files.size(scratch.skeleton(image, 0)));
    scratch.store.release("c1", container);
  }

  /** Whatever the record says that cannot be read, its layers and documents must not go. */
  @Test
  void nothingIsCollectedWhileARecordCannotBeRead() throws Exception {
    Image image = scratch.importOne(LayoutBuilder.of("test.example/a:1", BASE));
    Path record = scratch.root.resolve(StoreLayout.record(image.id()));
    byte[] content = Files.readAllBytes(record);
    Files.writeString(record, "{");
    scratch.reopen();
    assertThatThrownBy(() -> collect(true, false))
        .hasMessageContaining(StoreLayout.record(image.id()))
        .hasMessageContaining("import the image again, or delete the file");
    assertThat(scratch.content(image, 0).resolve("base")).hasContent("12345");
    Files.write(record, content);
    scratch.reopen();
    assertThat(collect(false, false).parts()).isEmpty();
  }

  /** Nor by what sweeps up behind a pull that failed, an image and a container. */
  @Test
  void nothingIsSweptWhileARecordCannotBeRead() throws Exception {
    Image image = scratch.importOne(LayoutBuilder.of("test.example/a:1", BASE, TOP));
    Image other = scratch.importOne(LayoutBuilder.of("test.example/b:1", BASE, OTHER));
    Path record = scratch.root.resolve(StoreLayout.record(image.id()));
    byte[] content = Files.readAllBytes(record);
    Files.writeString(record, "{");
    scratch.reopen();
    Path container = Files.createDirectory(scratch.directory.resolve("c1"));
    scratch.store.prepare("c1", other.id(), Set.of(), container);
    assertThat(scratch.store.remove("test.example/b:1")).isTrue();
    scratch.store.release("c1", container);
    byte[] cut = Arrays.copyOf(OTHER, 600);
    Path bad = LayoutBuilder.of("test.example/c:1", cut).writeTo(scratch.directory.resolve("bad"));
    assertThatThrownBy(() -> scratch.store.importFrom(bad, Optional.empty()))
        .isInstanceOf(ImageException.class);
    Files.write(record, content);
    scratch.reopen();
    assertThat(scratch.store.problems()).isEmpty();
    Image kept = scratch.store.find("test.example/a:1").orElseThrow();
    assertThat(scratch.store.configDocument(kept)).isNotEmpty();
    assertThat(scratch.content(kept, 1).resolve("top")).hasContent("1234567");
    assertThat(scratch.leftovers().stream().filter(name -> name.startsWith("layers/"))).hasSize(2);
    assertThat(scratch.leftovers().stream().filter(name -> name.startsWith("blobs/"))).hasSize(2);
  }

  @Test
  void layersOfAPullUnderWayStay() throws Exception {
    LayoutBuilder layout = LayoutBuilder.of("test.example/a:1", BASE, TOP);
    Halting remote = new Halting(layout.files(), LayoutBuilder.sha256(TOP));
    CompletableFuture<Image> pull =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return scratch.store.pull(
                    ImageReference.parse("test.example/a:1"), remote, new PullProgress(), 2);
              } catch (ImageException | InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    Path base = scratch.root.resolve(StoreLayout.content(LayoutBuilder.sha256(BASE)));
    while (!Files.exists(base)) {
      assertThat(pull).isNotDone();
      Thread.sleep(10);
    }
    assertThat(collect(true, false).parts()).isEmpty();
    remote.goOn.countDown();
    Image image = pull.get(30, TimeUnit.SECONDS);
    assertThat(scratch.content(image, 0).resolve("base")).hasContent("12345");
    assertThat(scratch.content(image, 1).resolve("top")).hasContent("1234567");
  }

  @Test
  void sharesAreCountedByImage() throws Exception {
    Image one = scratch.importOne(LayoutBuilder.of("test.example/a:1", BASE, TOP));
    Image two = scratch.importOne(LayoutBuilder.of("test.example/b:1", BASE, OTHER));
    long base = Files.size(scratch.skeleton(one, 0));
    long top = Files.size(scratch.skeleton(one, 1));
    long other = Files.size(scratch.skeleton(two, 1));
    StoreUsage usage = scratch.store.usageByImage();
    assertThat(usage.layers()).isEqualTo(3);
    assertThat(usage.layerBytes()).isEqualTo(5 + 7 + 3);
    assertThat(usage.skeletonBytes()).isEqualTo(base + top + other).isGreaterThan(3);
    Map<Digest, Long> skeletons = Map.of(one.id(), base + top, two.id(), base + other);
    assertThat(usage.images())
        .hasSize(2)
        .allSatisfy(
            each -> {
              assertThat(each.shared()).isEqualTo(5 + base);
              assertThat(each.unique() + each.shared())
                  .isEqualTo(each.image().bytes() + skeletons.getOrDefault(each.image().id(), -1L));
            });
    scratch.reopen();
    assertThat(scratch.store.usageByImage()).isEqualTo(usage);
  }

  /** A layout that somebody else has, of which one blob comes when it is let go on. */
  private static final class Halting implements RemoteImage {
    private final Map<String, byte[]> files;
    private final Digest halted;
    private final CountDownLatch goOn = new CountDownLatch(1);

    Halting(Map<String, byte[]> files, Digest halted) {
      this.files = files;
      this.halted = halted;
    }

    @Override
    public Document root(List<String> accepted, int limit) {
      byte[] index = requireNonNull(files.get("index.json"));
      return new Document(LayoutBuilder.INDEX, Digest.sha256(index), index);
    }

    @Override
    public Optional<Document> tagged(String tag, List<String> accepted, int limit) {
      return Optional.empty();
    }

    @Override
    public byte[] manifest(Digest digest, List<String> accepted, int limit) {
      return document(digest, limit);
    }

    @Override
    public byte[] document(Digest digest, int limit) {
      return requireNonNull(files.get(OciLayout.blobFile(digest).text()));
    }

    @Override
    public InputStream blob(Digest digest, long size, BooleanSupplier unwanted) {
      if (digest.equals(halted)) {
        try {
          assertThat(goOn.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
      }
      return new ByteArrayInputStream(document(digest, 0));
    }
  }
}
