package dev.stockade.shim.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sources whose files are not what they seem; {@link HostileCorpusTest} has what is in them. */
final class HostileSourceTest {
  private static final byte[] LAYER = HostileDocuments.LAYER;
  private static final String REFERENCE = HostileDocuments.REFERENCE;

  private ScratchStore scratch;

  @BeforeEach
  void open(@TempDir Path directory) throws IOException, ImageException {
    scratch = new ScratchStore(directory);
  }

  @AfterEach
  void close() {
    scratch.close();
  }

  private void refused(Path source, String message) throws IOException {
    ImageException refused =
        catchThrowableOfType(
            ImageException.class, () -> scratch.store.importFrom(source, Optional.empty()));
    assertThat(refused).isNotNull().hasMessageContaining(message);
    assertThat(refused.kind()).isIn(ImageException.Kind.REFUSED, ImageException.Kind.MALFORMED);
    assertThat(refused.getMessage()).startsWith("import " + source);
    assertThat(scratch.leftovers()).isEmpty();
    assertThat(scratch.store.list()).isEmpty();
  }

  @Test
  void aLinkInADirectoryIsNotFollowed() throws Exception {
    LayoutBuilder.of(REFERENCE, LAYER).writeTo(scratch.source);
    Path layer = scratch.source.resolve(HostileDocuments.layerFile());
    Path elsewhere = Files.move(layer, scratch.directory.resolve("elsewhere"));
    Files.createSymbolicLink(layer, elsewhere);
    refused(scratch.source, "");
    Files.delete(layer);
    Files.createDirectory(layer);
    refused(scratch.source, "no file");
  }

  @Test
  void anArchiveWithAnEntryTwiceIsRefused() throws Exception {
    LayoutBuilder layout = LayoutBuilder.of(REFERENCE, LAYER);
    TarBuilder tar = new TarBuilder();
    layout.files().forEach(tar::file);
    tar.file("./index.json", LayoutBuilder.utf8("{}"));
    refused(Files.write(scratch.directory.resolve("archive"), tar.build()), "twice");
  }

  @Test
  void anArchiveWithOtherKindsOfEntriesIsRefused() throws Exception {
    byte[] tar = new TarBuilder().device('3', "null", 1, 3).build();
    refused(Files.write(scratch.directory.resolve("archive"), tar), "no file, directory");
    byte[] link = new TarBuilder().hardLink("a", "b").build();
    refused(Files.write(scratch.directory.resolve("archive"), link), "no file, directory");
  }

  @Test
  void anArchiveWithContentInWhatIsNoFileIsRefused() throws Exception {
    for (char type : new char[] {'1', '2', '3', '5', '6'}) {
      byte[] tar = new TarBuilder().entry(type, "a", "b", new byte[] {1}).build();
      refused(Files.write(scratch.directory.resolve("archive"), tar), "entry \"a\" has content");
    }
    byte[] slash = new TarBuilder().file("a/", "x").build();
    refused(Files.write(scratch.directory.resolve("archive"), slash), "entry \"a\" has content");
  }

  @Test
  void aSparseFileInAnArchiveIsRefused() throws Exception {
    byte[] tar =
        new TarBuilder()
            .pax("GNU.sparse.size", "2")
            .pax("GNU.sparse.numblocks", "1")
            .pax("GNU.sparse.map", "1,1")
            .file("a", "x")
            .build();
    refused(Files.write(scratch.directory.resolve("archive"), tar), "entry \"a\" is a sparse file");
  }

  @Test
  void aCompressedArchiveOverTheLimitIsRefused() throws Exception {
    byte[] bomb = LayoutBuilder.gzip(new byte[3 << 20]);
    refused(Files.write(scratch.directory.resolve("archive"), bomb), "image_bytes");
  }

  @Test
  void aCompressedArchiveOfVeryManyEmptyMembersIsRefused() throws Exception {
    ByteArrayOutputStream members = new ByteArrayOutputStream();
    for (int i = 0; i < 100_000; i++) {
      members.writeBytes(LayoutBuilder.gzip(new byte[0]));
    }
    Path archive = Files.write(scratch.directory.resolve("archive"), members.toByteArray());
    refused(archive, "more than 100 empty gzip members");
  }

  @Test
  void anArchiveThatIsNoRegularFileIsRefusedWithoutWaiting() throws Exception {
    ImageException refused =
        catchThrowableOfType(
            ImageException.class,
            () -> scratch.store.importFrom(Path.of("/dev/zero"), Optional.empty()));
    assertThat(refused).hasMessageContaining("not a regular file");
  }

  @Test
  void oneNameForTwoImagesIsRefused() throws Exception {
    LayoutBuilder layout = new LayoutBuilder();
    layout.finish(
        layout.image("", LayoutBuilder.named("a:1"), LAYER),
        layout.image(",'config':{'Cmd':['x']}", LayoutBuilder.named("b:1"), LAYER));
    ImageReference name = ImageReference.parse("mine:1");
    Path source = layout.writeTo(scratch.source);
    assertThat(
            catchThrowableOfType(
                ImageException.class, () -> scratch.store.importFrom(source, Optional.of(name))))
        .hasMessageContaining("2 images");
    assertThat(scratch.store.importFrom(source, Optional.empty())).hasSize(2);
  }
}
