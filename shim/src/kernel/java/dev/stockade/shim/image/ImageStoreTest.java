package dev.stockade.shim.image;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ImageStoreTest {
  private static final byte[] BASE = new TarBuilder().file("base", "1").build();
  private static final byte[] TOP = new TarBuilder().file("top", "2").build();

  private ScratchStore scratch;

  @BeforeEach
  void open(@TempDir Path directory) throws IOException, ImageException {
    scratch = new ScratchStore(directory);
  }

  @AfterEach
  void close() {
    scratch.close();
  }

  private Path archive(byte[] content) throws IOException {
    return Files.write(scratch.directory.resolve("archive"), content);
  }

  private Image importArchive(byte[] content) throws IOException, ImageException {
    List<Image> images = scratch.store.importFrom(archive(content), Optional.empty());
    assertThat(images).hasSize(1);
    return images.get(0);
  }

  private Path containerDirectory(String id) throws IOException {
    return Files.createDirectory(scratch.directory.resolve(id));
  }

  @Test
  void anOciLayoutIsImportedFromADirectoryAndFromATar() throws Exception {
    LayoutBuilder layout = LayoutBuilder.of("test.example/a:1", BASE, TOP);
    Image image = scratch.importOne(layout);
    assertThat(image.id()).isEqualTo(LayoutBuilder.sha256(LayoutBuilder.config("", BASE, TOP)));
    assertThat(image.tags()).hasToString("[test.example/a:1]");
    assertThat(image.digests())
        .hasToString("[test.example/a@" + image.manifest().orElseThrow() + "]");
    assertThat(scratch.content(image, 0).resolve("base")).hasContent("1");
    assertThat(scratch.content(image, 1).resolve("top")).hasContent("2");
    assertThat(scratch.content(image, 1).resolve("base")).doesNotExist();
    assertThat(image.bytes()).isPositive();
    assertThat(importArchive(layout.tar()).id()).isEqualTo(image.id());
    assertThat(importArchive(LayoutBuilder.gzip(layout.tar())).id()).isEqualTo(image.id());
    assertThat(importArchive(LayoutBuilder.zstd(layout.tar())).id()).isEqualTo(image.id());
    assertThat(scratch.store.list()).hasSize(1);
  }

  @Test
  void aDockerArchiveIsImported() throws Exception {
    Image image = importArchive(LayoutBuilder.docker("busybox:1", BASE, TOP).tar());
    assertThat(image.tags()).hasToString("[docker.io/library/busybox:1]");
    assertThat(image.manifest()).isEmpty();
    assertThat(scratch.content(image, 1).resolve("top")).hasContent("2");
  }

  @Test
  void aLayerSharedInADockerArchiveMayBeALink() throws Exception {
    LayoutBuilder docker = LayoutBuilder.docker("busybox:1", BASE);
    String layer = LayoutBuilder.sha256(BASE).hex() + "/layer.tar";
    byte[] content = requireNonNull(docker.files().remove(layer));
    TarBuilder tar = new TarBuilder();
    docker.files().forEach(tar::file);
    tar.file("other/layer.tar", content).symlink(layer, "../other/layer.tar");
    assertThat(importArchive(tar.build()).chainIds()).hasSize(1);
  }

  @Test
  void compressedLayersAreVerifiedOnBothSides() throws Exception {
    LayoutBuilder layout = new LayoutBuilder();
    String config = layout.blob(LayoutBuilder.CONFIG, LayoutBuilder.config("", BASE, TOP));
    String gzip = layout.blob(LayoutBuilder.LAYER + "+gzip", LayoutBuilder.gzip(BASE));
    String zstd = layout.blob(LayoutBuilder.LAYER + "+zstd", LayoutBuilder.zstd(TOP));
    Image image =
        scratch.importOne(layout.finish(layout.manifest(config, List.of(gzip, zstd), "")));
    assertThat(scratch.content(image, 0).resolve("base")).hasContent("1");
    assertThat(scratch.content(image, 1).resolve("top")).hasContent("2");
    assertThat(image.tags()).isEmpty();
  }

  private Image importLayer(String suffix, byte[] layer, byte[] stored) throws Exception {
    LayoutBuilder layout = new LayoutBuilder();
    String config = layout.blob(LayoutBuilder.CONFIG, LayoutBuilder.config("", layer));
    String blob = layout.blob(LayoutBuilder.LAYER + suffix, stored);
    return scratch.importOne(layout.finish(layout.manifest(config, List.of(blob), "")));
  }

  @Test
  void compressedStreamsOfManyPartsAreReadToTheEnd() throws Exception {
    byte[] noise = new byte[400_000];
    new Random(7).nextBytes(noise);
    byte[] layer = new TarBuilder().file("noise", noise).build();
    ByteArrayOutputStream gzip = new ByteArrayOutputStream();
    ByteArrayOutputStream zstd = new ByteArrayOutputStream();
    for (int at = 0; at < layer.length; at += 97) {
      byte[] part = Arrays.copyOfRange(layer, at, Math.min(layer.length, at + 97));
      gzip.writeBytes(LayoutBuilder.gzip(part));
      zstd.writeBytes(LayoutBuilder.zstd(part));
    }
    assertThat(scratch.content(importLayer("+gzip", layer, gzip.toByteArray()), 0).resolve("noise"))
        .hasBinaryContent(noise);
    assertThat(scratch.store.remove(scratch.store.list().get(0).id().toString())).isTrue();
    assertThat(scratch.content(importLayer("+zstd", layer, zstd.toByteArray()), 0).resolve("noise"))
        .hasBinaryContent(noise);
  }

  @Test
  void partsOfZstdThatAreToBeSkippedAreSkipped() throws Exception {
    byte[] skippable = {0x50, 0x2a, 0x4d, 0x18, 5, 0, 0, 0, 'h', 'e', 'l', 'l', 'o'};
    ByteArrayOutputStream stored = new ByteArrayOutputStream();
    stored.writeBytes(LayoutBuilder.zstd(Arrays.copyOfRange(BASE, 0, 700)));
    stored.writeBytes(skippable);
    stored.writeBytes(LayoutBuilder.zstd(Arrays.copyOfRange(BASE, 700, BASE.length)));
    stored.writeBytes(skippable);
    Image image = importLayer("+zstd", BASE, stored.toByteArray());
    assertThat(scratch.content(image, 0).resolve("base")).hasContent("1");
  }

  @Test
  void theManifestOfThisPlatformIsTaken() throws Exception {
    LayoutBuilder layout = new LayoutBuilder();
    String foreign =
        layout.manifest(
            layout.blob(LayoutBuilder.CONFIG, LayoutBuilder.configFor("riscv64", "", TOP)),
            List.of(layout.blob(LayoutBuilder.LAYER, TOP)),
            ",'platform':{'os':'linux','architecture':'riscv64'}");
    String attestation =
        layout.blob(
            LayoutBuilder.MANIFEST,
            LayoutBuilder.utf8("{'schemaVersion':2,'layers':[]}"),
            ",'platform':{'os':'unknown','architecture':'unknown'}");
    String own =
        layout.image(
            "",
            ",'platform':{'os':'linux','architecture':'" + Platform.here().architecture() + "'}",
            BASE);
    String index =
        layout.blob(
            LayoutBuilder.INDEX,
            LayoutBuilder.utf8(LayoutBuilder.index(foreign, attestation, own)),
            LayoutBuilder.named("test.example/multi:1"));
    Image image = scratch.importOne(layout.finish(index));
    assertThat(image.config().architecture()).isEqualTo(Platform.here().architecture());
    assertThat(image.tags()).hasToString("[test.example/multi:1]");
  }

  @Test
  void anImageIsFoundByIdTagDigestAndStartOfItsId() throws Exception {
    Image image = scratch.importOne(LayoutBuilder.of("busybox:1", BASE));
    for (String text :
        List.of(
            image.id().toString(),
            image.id().hex(),
            image.id().hex().substring(0, 12),
            "busybox:1",
            "docker.io/library/busybox:1",
            "busybox@" + image.manifest().orElseThrow(),
            "busybox:other@" + image.manifest().orElseThrow())) {
      assertThat(scratch.store.find(text)).as(text).contains(image);
    }
    assertThat(scratch.store.find("busybox")).isEmpty();
    assertThat(scratch.store.find("other@" + image.manifest().orElseThrow())).isEmpty();
    assertThat(scratch.store.find(image.id().hex().substring(0, 3))).isEmpty();
    assertThat(scratch.store.find("sha256:" + "0".repeat(64))).isEmpty();
    assertThatThrownBy(() -> scratch.store.find("No Such")).isInstanceOf(ImageException.class);
  }

  @Test
  void aTagMovesToTheImageImportedLast() throws Exception {
    Image old = scratch.importOne(LayoutBuilder.of("busybox:1", BASE));
    Image renewed = scratch.importOne(LayoutBuilder.of("busybox:1", TOP));
    assertThat(scratch.store.find("busybox:1")).map(Image::id).contains(renewed.id());
    assertThat(scratch.store.find(old.id().toString()).orElseThrow().tags()).isEmpty();
    scratch.reopen();
    assertThat(scratch.store.find("busybox:1")).map(Image::id).contains(renewed.id());
  }

  @Test
  void theCallerMayNameTheImage() throws Exception {
    Path source = LayoutBuilder.of("busybox:1", BASE).writeTo(scratch.source);
    Image image =
        scratch.store.importFrom(source, Optional.of(ImageReference.parse("mine:2"))).get(0);
    assertThat(image.tags()).hasToString("[docker.io/library/mine:2]");
  }

  @Test
  void removingByOneTagRemovesAllAndIsIdempotent() throws Exception {
    scratch.importOne(LayoutBuilder.of("a:1", BASE));
    Image both = scratch.importOne(LayoutBuilder.of("b:1", BASE));
    assertThat(both.tags()).hasSize(2);
    assertThat(scratch.store.remove("a:1")).isTrue();
    assertThat(scratch.store.list()).isEmpty();
    assertThat(scratch.store.remove("b:1")).isFalse();
    assertThat(scratch.leftovers()).isEmpty();
    assertThat(scratch.store.usage()).matches(u -> u.bytes() == 0 && u.inodes() == 0);
  }

  @Test
  void sharedLayersCountOnceAndStayWhileOneImageNeedsThem() throws Exception {
    Image small = scratch.importOne(LayoutBuilder.of("a:1", BASE));
    Image large = scratch.importOne(LayoutBuilder.of("b:1", BASE, TOP));
    long base = 1 + Files.size(scratch.skeleton(large, 0));
    long top = 1 + Files.size(scratch.skeleton(large, 1));
    assertThat(scratch.store.usage().bytes())
        .isEqualTo(base + top + scratch.documents(small) + scratch.documents(large));
    assertThat(scratch.store.usage().inodes()).isEqualTo(4);
    assertThat(scratch.store.remove(large.id().toString())).isTrue();
    assertThat(scratch.content(small, 0).resolve("base")).hasContent("1");
    assertThat(scratch.store.usage().bytes()).isEqualTo(base + scratch.documents(small));
  }

  @Test
  void everythingIsThereAfterARestart() throws Exception {
    Image image = scratch.importOne(LayoutBuilder.of("a:1", BASE, TOP));
    scratch.reopen();
    assertThat(scratch.store.problems()).isEmpty();
    assertThat(scratch.store.list()).containsExactly(image);
    assertThat(scratch.store.usage().inodes()).isEqualTo(4);
  }

  @Test
  void whatACrashLeavesIsRemovedAtTheStart() throws Exception {
    Image image = scratch.importOne(LayoutBuilder.of("a:1", BASE));
    scratch.store.close();
    Path staged = Files.createDirectories(scratch.root.resolve("staging/7/0/fs/deep"));
    Files.writeString(staged.resolve("half"), "x");
    Path orphan = scratch.root.resolve("layers/sha256-" + "0".repeat(64));
    Files.createDirectories(orphan.resolve("fs"));
    UnpackedLayer facts =
        new UnpackedLayer(Digest.parse("sha256:" + "0".repeat(64)), 1, 1, 0, false);
    Files.write(orphan.resolve("layer.json"), facts.toJson());
    Files.writeString(scratch.root.resolve("blobs/sha256-" + "1".repeat(64)), "orphan");
    Files.writeString(scratch.root.resolve("records/.half.json.new"), "{");
    scratch.reopen();
    assertThat(scratch.store.list()).containsExactly(image);
    assertThat(scratch.root.resolve("staging")).isEmptyDirectory();
    assertThat(orphan).doesNotExist();
    assertThat(scratch.root.resolve("blobs/sha256-" + "1".repeat(64))).doesNotExist();
  }

  @Test
  void aDamagedRecordIsToldAndNothingIsDeletedOnItsAccount() throws Exception {
    Image image = scratch.importOne(LayoutBuilder.of("a:1", BASE));
    scratch.store.close();
    Files.writeString(scratch.root.resolve(StoreLayout.record(image.id())), "{}");
    scratch.reopen();
    assertThat(scratch.store.problems()).hasSize(1);
    assertThat(scratch.store.list()).isEmpty();
    assertThat(scratch.content(image, 0).resolve("base")).hasContent("1");
    assertThat(scratch.importOne(LayoutBuilder.of("a:1", BASE)).id()).isEqualTo(image.id());
    scratch.reopen();
    assertThat(scratch.store.problems()).isEmpty();
  }

  /** As after so many imports; what is on disk then is not more than what is read. */
  private Image withTags(int count, String suffix) throws Exception {
    Image image = scratch.importOne(LayoutBuilder.of("test.example/a:1", BASE));
    scratch.store.close();
    SortedSet<ImageReference> tags = new TreeSet<>();
    for (int i = 0; i < count; i++) {
      tags.add(ImageReference.parse("test.example/a:" + i + suffix));
    }
    byte[] record = new ImageRecord(1, image.named(tags, image.digests())).write();
    Files.write(scratch.root.resolve(StoreLayout.record(image.id())), record);
    scratch.reopen();
    assertThat(scratch.store.problems()).isEmpty();
    return scratch.store.list().get(0);
  }

  @ParameterizedTest
  @CsvSource({"9999, 1", "8560, 100"})
  void aRecordThatCouldNotBeReadAgainIsNotWritten(int count, int length) throws Exception {
    String suffix = "x".repeat(length);
    Image image = withTags(count, suffix);
    List<String> before = List.of();
    Optional<ImageException> refused = Optional.empty();
    for (int more = 0; more < 50 && refused.isEmpty(); more++) {
      before = scratch.leftovers();
      ImageReference name = ImageReference.parse("test.example/a:more" + more + suffix);
      try {
        assertThat(scratch.store.importFrom(scratch.source, Optional.of(name))).hasSize(1);
      } catch (ImageException e) {
        refused = Optional.of(e);
      }
    }
    assertThat(refused).isPresent();
    assertThat(refused.get().kind()).isEqualTo(ImageException.Kind.REFUSED);
    assertThat(refused.get())
        .hasMessageContaining("image " + image.id() + " with ")
        .hasMessageContaining(" tags and 1 digests")
        .hasMessageContaining("stockade images rm " + image.id());
    assertThat(scratch.leftovers()).isEqualTo(before);
    scratch.reopen();
    assertThat(scratch.store.problems()).isEmpty();
    assertThat(scratch.store.list()).hasSize(1);
    assertThat(scratch.store.list().get(0).tags().size()).isGreaterThan(count);
    assertThat(scratch.store.remove(image.id().toString())).isTrue();
    Image again = scratch.store.importFrom(scratch.source, Optional.empty()).get(0);
    assertThat(again.tags()).hasSize(1);
  }

  @Test
  void aDamagedConfigIsTold() throws Exception {
    Image image = scratch.importOne(LayoutBuilder.of("a:1", BASE));
    scratch.store.close();
    Files.writeString(scratch.root.resolve(StoreLayout.blob(image.id())), "{}");
    scratch.reopen();
    assertThat(scratch.store.problems()).singleElement().asString().contains("damaged");
  }

  @Test
  void aContainerKeepsItsLayersWhenTheImageGoes() throws Exception {
    Image image = scratch.importOne(LayoutBuilder.of("a:1", BASE, TOP));
    Path directory = containerDirectory("c1");
    ContainerRootFs rootFs = scratch.store.prepare("c1", image.id(), Set.of(), directory);
    assertThat(rootFs.lower())
        .containsExactly(scratch.content(image, 1), scratch.content(image, 0));
    assertThat(rootFs.upper()).isDirectory();
    assertThat(rootFs.work()).isDirectory();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(rootFs.upper())))
        .isEqualTo("rwxr-xr-x");
    assertThat(scratch.store.remove("a:1")).isTrue();
    scratch.reopen();
    assertThat(scratch.store.rootFs("c1", directory)).isEqualTo(rootFs);
    assertThat(rootFs.lower().get(1).resolve("base")).hasContent("1");
    Files.createDirectories(rootFs.upper().resolve("some/tree"));
    scratch.store.release("c1", directory);
    scratch.store.release("c1", directory);
    assertThat(directory).isEmptyDirectory();
    assertThat(scratch.leftovers()).isEmpty();
  }

  @Test
  void leasesOfContainersThatAreNoMoreEnd() throws Exception {
    Image image = scratch.importOne(LayoutBuilder.of("a:1", BASE));
    scratch.store.prepare("c1", image.id(), Set.of(), containerDirectory("c1"));
    scratch.store.prepare("c2", image.id(), Set.of(), containerDirectory("c2"));
    assertThat(scratch.store.remove("a:1")).isTrue();
    scratch.store.keepLeases(Set.of("c2"));
    assertThat(scratch.content(image, 0)).exists();
    scratch.store.keepLeases(Set.of());
    assertThat(scratch.leftovers()).isEmpty();
  }

  @Test
  void aLeaseCutShortByACrashIsNone() throws Exception {
    Image image = scratch.importOne(LayoutBuilder.of("a:1", BASE));
    scratch.store.prepare("whole", image.id(), Set.of(), containerDirectory("whole"));
    scratch.store.close();
    Files.writeString(scratch.root.resolve("leases/empty.json"), "");
    Files.writeString(scratch.root.resolve("leases/half.json"), "{\"version\":1,\"ima");
    Files.writeString(scratch.root.resolve("leases/.whole.json.new"), "");
    scratch.reopen();
    assertThat(scratch.store.problems()).isEmpty();
    assertThat(scratch.root.resolve("leases").toFile().list()).containsExactly("whole.json");
  }

  @Test
  void aContainerThatCannotBePreparedLeavesNothing() throws Exception {
    Image image = scratch.importOne(LayoutBuilder.of("a:1", BASE));
    Path directory = containerDirectory("c1");
    Files.writeString(directory.resolve("work"), "in the way");
    assertThatThrownBy(() -> scratch.store.prepare("c1", image.id(), Set.of(), directory))
        .isInstanceOf(ImageException.class);
    assertThat(directory).isEmptyDirectory();
    assertThat(scratch.root.resolve("leases")).isEmptyDirectory();
    assertThatThrownBy(
            () ->
                scratch.store.prepare(
                    "c1", Digest.parse("sha256:" + "0".repeat(64)), Set.of(), directory))
        .hasMessageContaining("no image");
    assertThatThrownBy(() -> scratch.store.prepare("../x", image.id(), Set.of(), directory))
        .hasMessageContaining("container id");
  }

  @Test
  void anImageWithoutLayersHasAnEmptyRoot() throws Exception {
    Image image = scratch.importOne(LayoutBuilder.of("scratch:1"));
    ContainerRootFs rootFs =
        scratch.store.prepare("c", image.id(), Set.of(), containerDirectory("c"));
    assertThat(rootFs.lower()).singleElement().matches(Files::isDirectory);
  }

  @Test
  void theStoreIsForRootAndOneProcessOnly() throws Exception {
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(scratch.root)))
        .isEqualTo("rwx------");
    assertThatThrownBy(() -> ImageStore.open(scratch.root, ScratchStore.SMALL, Platform.here()))
        .hasMessageContaining("in use");
  }
}
