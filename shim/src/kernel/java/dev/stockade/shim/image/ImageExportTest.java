package dev.stockade.shim.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is exported is what was imported, to the byte. */
@Timeout(120)
final class ImageExportTest {
  private static final byte[] TOP =
      new TarBuilder().directory("etc").file("etc/.wh.gone", "").file("top", "2").build();

  private static final int S_IFCHR = 0020000;

  private ScratchStore scratch;
  private Path directory;

  @BeforeEach
  void open(@TempDir Path temporary) throws IOException, ImageException {
    directory = temporary;
    scratch = new ScratchStore(Files.createDirectory(directory.resolve("one")));
  }

  @AfterEach
  void close() {
    scratch.close();
  }

  /** Every kind of entry, files around the size of a block, zeros in odd places. */
  private static byte[] everything() {
    TarBuilder tar = new TarBuilder().directory("etc").directory("d").owner(7, 8).mode(04755);
    Random random = new Random(3);
    for (int size : new int[] {0, 1, 511, 512, 513, 16_384, 65_536, 100_001}) {
      byte[] content = new byte[size];
      random.nextBytes(content);
      tar.file("d/" + size, content);
    }
    tar.file("d/zeros", new byte[70_000]);
    tar.mtime(1_234_567).pax("SCHILY.xattr.user.note", new byte[300]).file("d/noted", "noted");
    tar.pax("path", "d/" + "long/".repeat(25) + "name").file("short", "long");
    tar.symlink("d/link", "noted").hardLink("d/hard", "d/noted");
    tar.device('3', "d/null", 1, 3).device('6', "d/fifo", 0, 0);
    tar.file(".wh..wh.plnk/1", "housekeeping").file("d/.wh..wh..opq", "");
    tar.pax("GNU.sparse.major", "1")
        .pax("GNU.sparse.minor", "0")
        .pax("GNU.sparse.name", "d/sparse")
        .pax("GNU.sparse.realsize", "524288");
    byte[] sparse = new byte[512 + 512];
    random.nextBytes(sparse);
    Arrays.fill(sparse, 0, 512, (byte) 0);
    byte[] map = LayoutBuilder.utf8("2\n262144\n512\n524288\n0\n");
    System.arraycopy(map, 0, sparse, 0, map.length);
    return tar.file("GNUSparseFile.0/sparse", sparse).build();
  }

  private static byte[] followedBy(byte[] tar, byte[] rest) {
    ByteArrayOutputStream both = new ByteArrayOutputStream();
    both.writeBytes(tar);
    both.writeBytes(rest);
    return both.toByteArray();
  }

  private byte[] export(Image... images) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    scratch.store.export(List.of(images), out);
    return out.toByteArray();
  }

  private static Map<String, byte[]> files(byte[] archive) throws IOException {
    Map<String, byte[]> files = new LinkedHashMap<>();
    try (TarArchiveInputStream tar = new TarArchiveInputStream(new ByteArrayInputStream(archive))) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        assertThat(files.put(entry.getName(), tar.readAllBytes())).as(entry.getName()).isNull();
      }
    }
    return files;
  }

  private static SortedMap<String, String> tree(Path root) throws IOException {
    SortedMap<String, String> tree = new TreeMap<>();
    try (Stream<Path> paths = Files.walk(root)) {
      for (Path path : paths.toList()) {
        Map<String, Object> facts =
            Files.readAttributes(
                path,
                "unix:mode,uid,gid,size,rdev,nlink,lastModifiedTime",
                LinkOption.NOFOLLOW_LINKS);
        boolean file = Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS);
        Map<String, Object> shown = new TreeMap<>(facts);
        if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
          shown.remove("size");
        }
        boolean whiteout = Long.valueOf(0).equals(facts.get("rdev")) && !file;
        if (path.equals(root) || (whiteout && Objects.equals(facts.get("mode"), S_IFCHR))) {
          // No entry says when these were changed.
          shown.remove("lastModifiedTime");
        }
        tree.put(
            root.relativize(path).toString(),
            shown + (file ? " " + Digest.sha256(Files.readAllBytes(path)) : ""));
      }
    }
    return tree;
  }

  @Test
  void anImageIsTheSameAfterItsWayThroughAFile() throws Exception {
    byte[] base = followedBy(everything(), new byte[20_000]);
    byte[] odd = followedBy(new TarBuilder().file("f", "1").build(), new byte[] {1, 0, 2});
    LayoutBuilder layout = new LayoutBuilder();
    byte[] config =
        LayoutBuilder.config(",'config':{'Labels':{'a':'1'}},'history':[]", base, TOP, odd);
    String described = layout.blob(LayoutBuilder.CONFIG, config);
    List<String> layers =
        List.of(
            layout.blob(LayoutBuilder.LAYER + "+gzip", LayoutBuilder.gzip(base)),
            layout.blob(LayoutBuilder.LAYER, TOP),
            layout.blob(LayoutBuilder.LAYER + "+gzip", LayoutBuilder.gzip(odd)));
    Image image =
        scratch.importOne(
            layout.finish(
                layout.manifest(described, layers, LayoutBuilder.named("test.example/a:1"))));
    byte[] archive = export(image);
    Map<String, byte[]> files = files(archive);
    assertThat(files.get(blob(LayoutBuilder.sha256(base)))).isEqualTo(base);
    assertThat(files.get(blob(LayoutBuilder.sha256(odd)))).isEqualTo(odd);
    assertThat(files.get(blob(image.id()))).isEqualTo(config);
    assertThat(export(image)).as("the same image is the same file").isEqualTo(archive);
    try (ScratchStore second = new ScratchStore(Files.createDirectory(directory.resolve("two")))) {
      Path file = Files.write(second.directory.resolve("archive.tar"), archive);
      List<Image> again = second.store.importFrom(file, Optional.empty());
      assertThat(again).hasSize(1);
      assertThat(again.get(0).id()).isEqualTo(image.id());
      assertThat(again.get(0).tags()).isEqualTo(image.tags());
      assertThat(second.store.configDocument(again.get(0))).isEqualTo(config);
      for (int i = 0; i < 3; i++) {
        assertThat(tree(second.content(again.get(0), i)))
            .isEqualTo(tree(scratch.content(image, i)));
      }
    }
  }

  private static String blob(Digest digest) {
    return OciLayout.blobFile(digest).text();
  }

  /** As umoci 0.4.7 writes layers; every other end of one is a layer cut off. */
  @Test
  void aLayerMayEndWithoutThePaddingOfItsLastFile() throws Exception {
    byte[] whole = new TarBuilder().file("a", "1").file("b", "12").unfinished();
    byte[] unpadded = Arrays.copyOf(whole, whole.length - 510);
    Image image = scratch.importOne(LayoutBuilder.of("test.example/a:1", unpadded));
    assertThat(scratch.content(image, 0).resolve("a")).hasContent("1");
    assertThat(scratch.content(image, 0).resolve("b")).hasContent("12");
    assertThat(files(export(image)).get(blob(LayoutBuilder.sha256(unpadded)))).isEqualTo(unpadded);
    for (int missing : new int[] {1, 100, 509, 511, 512, 700}) {
      byte[] cutOff = Arrays.copyOf(whole, whole.length - missing);
      assertThatThrownBy(() -> scratch.importOne(LayoutBuilder.of("test.example/b:1", cutOff)))
          .as("%s bytes missing", missing)
          .isInstanceOf(ImageException.class);
    }
    assertThat(scratch.store.list()).hasSize(1);
  }

  /** By its manifest.json alone it is a docker archive. */
  @Test
  void itIsADockerArchiveToo() throws Exception {
    Image image = scratch.importOne(LayoutBuilder.of("test.example/a:1", everything(), TOP));
    LayoutBuilder docker = new LayoutBuilder();
    files(export(image)).forEach(docker::file);
    docker.files().remove("oci-layout");
    docker.files().remove("index.json");
    try (ScratchStore second = new ScratchStore(Files.createDirectory(directory.resolve("two")))) {
      Image again = second.importOne(docker);
      assertThat(again.id()).isEqualTo(image.id());
      assertThat(again.tags()).isEqualTo(image.tags());
    }
  }

  @Test
  void layersThatImagesShareAreInItOnce() throws Exception {
    byte[] base = everything();
    Image one = scratch.importOne(LayoutBuilder.of("test.example/a:1", base));
    Image two = scratch.importOne(LayoutBuilder.of("test.example/b:1", base, TOP));
    byte[] archive = export(one, two);
    assertThat(files(archive)).containsKey(blob(LayoutBuilder.sha256(base)));
    try (ScratchStore second = new ScratchStore(Files.createDirectory(directory.resolve("two")))) {
      Path file = Files.write(second.directory.resolve("archive.tar"), archive);
      assertThat(second.store.importFrom(file, Optional.empty()))
          .extracting(Image::id)
          .containsExactly(one.id(), two.id());
    }
  }

  @Test
  void aLayerWithoutItsSkeletonIsNamed() throws Exception {
    Image image = scratch.importOne(LayoutBuilder.of("test.example/a:1", everything()));
    Files.delete(scratch.skeleton(image, 0));
    assertThatThrownBy(() -> export(image))
        .hasMessageContaining("layer " + image.config().diffIds().get(0) + " was kept without")
        .hasMessageContaining("pull or import it again");
  }

  @Test
  void aFileThatIsTwiceInALayerIsNamed() throws Exception {
    byte[] twice = new TarBuilder().file("twice", "12").file("twice", "123").build();
    byte[] same = new TarBuilder().file("same", "12").file("same", "34").build();
    Image image = scratch.importOne(LayoutBuilder.of("test.example/a:1", twice));
    assertThatThrownBy(() -> export(image))
        .hasMessageContaining("layer " + LayoutBuilder.sha256(twice) + " cannot be made again")
        .hasMessageContaining("\"twice\" is in it more than once");
    Image other = scratch.importOne(LayoutBuilder.of("test.example/b:1", same));
    assertThatThrownBy(() -> export(other))
        .hasMessageContaining("layer " + LayoutBuilder.sha256(same) + " cannot be made again");
  }

  @Test
  void aLayerThatWasChangedOnDiskIsNotExported() throws Exception {
    Image image = scratch.importOne(LayoutBuilder.of("test.example/a:1", everything()));
    Path file = scratch.content(image, 0).resolve("d/noted");
    Files.writeString(file, "NOTED");
    assertThatThrownBy(() -> export(image)).hasMessageContaining("was changed on disk");
  }
}
