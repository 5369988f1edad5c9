package dev.stockade.shim.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Entry;
import dev.stockade.launcher.linux.FileKind;
import dev.stockade.launcher.linux.FileStatus;
import dev.stockade.launcher.linux.Resolution;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LayerUnpackTest {
  private static final String CAPABILITY = "0100000280c0ff0080000000ffffffff00000000";

  private ScratchStore scratch;

  @BeforeEach
  void open(@TempDir Path directory) throws IOException, ImageException {
    scratch = new ScratchStore(directory);
  }

  @AfterEach
  void close() {
    scratch.close();
  }

  private Path unpack(TarBuilder tar) throws IOException, ImageException {
    Image image = scratch.importOne(LayoutBuilder.of("test.example/a:1", tar.build()));
    return scratch.content(image, 0);
  }

  private Path unpack(TarBuilder lower, TarBuilder upper) throws IOException, ImageException {
    Image image =
        scratch.importOne(LayoutBuilder.of("test.example/a:1", lower.build(), upper.build()));
    return scratch.content(image, 1);
  }

  private static FileStatus status(Path path) throws IOException {
    try (Directory parent = Directory.open(path.resolveSibling("."), Resolution.BENEATH)) {
      return parent.status(path.getFileName().toString()).orElseThrow();
    }
  }

  private static Optional<byte[]> attribute(Path path, String name) throws IOException {
    try (Directory parent = Directory.open(path.resolveSibling("."), Resolution.BENEATH);
        Entry entry = parent.entry(path.getFileName().toString())) {
      return entry.attribute(name);
    }
  }

  private static boolean isOpaque(Path path) throws IOException {
    return attribute(path, "trusted.overlay.opaque")
        .filter(v -> v.length == 1 && v[0] == 'y')
        .isPresent();
  }

  @Test
  void everyKindOfEntryKeepsOwnerModeAndTime() throws Exception {
    Path root =
        unpack(
            new TarBuilder()
                .mode(0751)
                .owner(7, 8)
                .directory("./")
                .owner(1000, 2000)
                .mode(01777)
                .mtime(1_234_567_890L)
                .directory("tmp/")
                .mode(04755)
                .file("tmp/su", "binary")
                .symlink("tmp/link", "/etc/shadow")
                .mode(0640)
                .device('3', "tmp/null", 1, 3)
                .device('4', "tmp/disk", 259, 70000)
                .entry('6', "tmp/fifo", "", new byte[0])
                .hardLink("tmp/again", "tmp/su"));
    assertThat(status(root)).matches(s -> s.uid() == 7 && s.gid() == 8 && s.permissions() == 0751);
    FileStatus tmp = status(root.resolve("tmp"));
    assertThat(tmp.permissions()).isEqualTo(01777);
    assertThat(tmp.modified()).isEqualTo(Instant.ofEpochSecond(1_234_567_890L));
    FileStatus su = status(root.resolve("tmp/su"));
    assertThat(su.permissions()).isEqualTo(04755);
    assertThat(su.uid()).isEqualTo(1000);
    assertThat(su.gid()).isEqualTo(2000);
    assertThat(su.links()).isEqualTo(2);
    assertThat(status(root.resolve("tmp/again")).inode()).isEqualTo(su.inode());
    FileStatus link = status(root.resolve("tmp/link"));
    assertThat(link.kind()).isEqualTo(FileKind.SYMLINK);
    assertThat(link.uid()).isEqualTo(1000);
    assertThat(link.modified()).isEqualTo(Instant.ofEpochSecond(1_234_567_890L));
    assertThat(Files.readSymbolicLink(root.resolve("tmp/link"))).hasToString("/etc/shadow");
    FileStatus disk = status(root.resolve("tmp/disk"));
    assertThat(disk.kind()).isEqualTo(FileKind.BLOCK_DEVICE);
    assertThat(disk.specialMajor()).isEqualTo(259);
    assertThat(disk.specialMinor()).isEqualTo(70000);
    assertThat(status(root.resolve("tmp/fifo")).kind()).isEqualTo(FileKind.FIFO);
    assertThat(status(root.resolve("tmp/null")).permissions()).isEqualTo(0640);
  }

  @Test
  void theRootKeepsItsTime() throws Exception {
    Path root = unpack(new TarBuilder().mtime(1_234_567_890L).directory("./").file("a", "x"));
    assertThat(status(root).modified()).isEqualTo(Instant.ofEpochSecond(1_234_567_890L));
  }

  @Test
  void longNamesOfBothKindsAndLargeNumbersAreRead() throws Exception {
    String deep = "d/".repeat(60) + "n".repeat(200);
    TarBuilder tar = new TarBuilder();
    tar.pax("path", deep)
        .pax("mtime", "1500000000.25")
        .owner(3_000_000_000L, 4_000_000_000L)
        .file("short", "pax");
    byte[] gnu = ("g/" + "m".repeat(240) + "\0").getBytes(java.nio.charset.StandardCharsets.UTF_8);
    tar.owner(0, 0).lying('L', "././@LongLink", gnu.length, gnu).file("short", "gnu");
    Path root = unpack(tar);
    FileStatus file = status(root.resolve(deep));
    assertThat(file.uid()).isEqualTo(3_000_000_000L);
    assertThat(file.gid()).isEqualTo(4_000_000_000L);
    assertThat(file.modified()).isEqualTo(Instant.ofEpochSecond(1_500_000_000L, 250_000_000L));
    assertThat(root.resolve("g/" + "m".repeat(240))).hasContent("gnu");
  }

  @Test
  void fileCapabilitiesKeepEveryByteAndOtherLabelsAreLeftOut() throws Exception {
    byte[] capability = HexFormat.of().parseHex(CAPABILITY);
    Path root =
        unpack(
            new TarBuilder()
                .pax("SCHILY.xattr.security.capability", capability)
                .pax("SCHILY.xattr.user.note", new byte[] {(byte) 0xff, 0, '=', '\n', 1})
                .pax("SCHILY.xattr.trusted.overlay.opaque", "y")
                .pax("SCHILY.xattr.trusted.overlay.redirect", "/etc")
                .pax("SCHILY.xattr.security.selinux", "system_u:object_r:shadow_t:s0")
                .mode(0755)
                .file("ping", "x")
                .pax("SCHILY.xattr.trusted.overlay.opaque", "y")
                .directory("dir"));
    assertThat(attribute(root.resolve("ping"), "security.capability").orElseThrow())
        .startsWith(HexFormat.of().parseHex("0100000280c0ff"));
    assertThat(attribute(root.resolve("ping"), "user.note"))
        .get()
        .isEqualTo(new byte[] {(byte) 0xff, 0, '=', '\n', 1});
    assertThat(attribute(root.resolve("ping"), "trusted.overlay.redirect")).isEmpty();
    assertThat(attribute(root.resolve("ping"), "trusted.overlay.opaque")).isEmpty();
    assertThat(isOpaque(root.resolve("dir"))).isFalse();
  }

  /** As of any other entry; a directory has no capabilities. */
  @Test
  void theRootKeepsItsAttributesAndNoOtherLabels() throws Exception {
    Path root =
        unpack(
            new TarBuilder()
                .pax("SCHILY.xattr.user.note", new byte[] {(byte) 0xff, 0, '=', '\n', 1})
                .pax("SCHILY.xattr.security.capability", HexFormat.of().parseHex(CAPABILITY))
                .pax("SCHILY.xattr.trusted.overlay.opaque", "y")
                .pax("SCHILY.xattr.trusted.overlay.redirect", "/etc")
                .pax("SCHILY.xattr.security.selinux", "system_u:object_r:shadow_t:s0")
                .directory("./")
                .file("f", "x"));
    assertThat(attribute(root, "user.note"))
        .get()
        .isEqualTo(new byte[] {(byte) 0xff, 0, '=', '\n', 1});
    assertThat(attribute(root, "security.capability")).isEmpty();
    assertThat(isOpaque(root)).isFalse();
    assertThat(attribute(root, "trusted.overlay.redirect")).isEmpty();
    assertThat(attribute(root, "security.selinux"))
        .isNotEqualTo(Optional.of(LayoutBuilder.utf8("system_u:object_r:shadow_t:s0")));
  }

  @Test
  void attributesOfTheRootThatTheKernelDoesNotTakeAreRefusedAsOfAnyEntry() {
    for (String name : List.of("./", "d/")) {
      assertThatThrownBy(
              () -> unpack(new TarBuilder().pax("SCHILY.xattr.user.", "x").directory(name)))
          .isInstanceOfSatisfying(
              ImageException.class,
              e -> assertThat(e.kind()).isEqualTo(ImageException.Kind.REFUSED))
          .hasMessageContaining("entry \"" + name + "\"")
          .hasMessageContaining("EINVAL");
    }
  }

  @Test
  void attributesShowThroughLayersThatDoNotNameTheDirectory() throws Exception {
    Path root =
        unpack(
            new TarBuilder()
                .pax("SCHILY.xattr.user.note", "root")
                .directory("./")
                .pax("SCHILY.xattr.user.note", "spool")
                .directory("spool"),
            new TarBuilder().file("spool/job", "x"));
    assertThat(attribute(root, "user.note")).get().isEqualTo(LayoutBuilder.utf8("root"));
    assertThat(attribute(root.resolve("spool"), "user.note"))
        .get()
        .isEqualTo(LayoutBuilder.utf8("spool"));
  }

  @Test
  void whiteoutsBecomeDevicesAndOpaqueDirectoriesAreMarked() throws Exception {
    Path root =
        unpack(
            new TarBuilder()
                .directory("a")
                .file("a/old", "1")
                .directory("b")
                .file("b/x", "1")
                .file("c", "1"),
            new TarBuilder()
                .file("a/.wh.old", "")
                .directory("b")
                .file("b/.wh..wh..opq", "")
                .hardLink(".wh.c", "whatever")
                .directory(".wh..wh.plnk")
                .file(".wh..wh.plnk/1234.5678", "x"));
    FileStatus whiteout = status(root.resolve("a/old"));
    assertThat(OverlayMark.isWhiteout(whiteout)).isTrue();
    assertThat(OverlayMark.isWhiteout(status(root.resolve("c")))).isTrue();
    assertThat(isOpaque(root.resolve("b"))).isTrue();
    assertThat(isOpaque(root.resolve("a"))).isFalse();
    assertThat(root.resolve(".wh..wh.plnk")).doesNotExist();
  }

  @Test
  void aWhiteoutAndItsReplacementMeanTheSameInEitherOrder() throws Exception {
    Path root =
        unpack(
            new TarBuilder()
                .directory("a")
                .file("a/old", "1")
                .directory("b")
                .file("b/old", "1")
                .file("f", "1"),
            new TarBuilder()
                .file(".wh.a", "")
                .directory("a")
                .file("a/new", "2")
                .directory("b")
                .file("b/new", "2")
                .file(".wh.b", "")
                .file("f", "2")
                .file(".wh.f", ""));
    assertThat(isOpaque(root.resolve("a"))).isTrue();
    assertThat(isOpaque(root.resolve("b"))).isTrue();
    assertThat(root.resolve("a/new")).hasContent("2");
    assertThat(root.resolve("b/new")).hasContent("2");
    assertThat(root.resolve("f")).hasContent("2");
  }

  @Test
  void aWhiteoutUnderAnImpliedDirectoryOfADeletedOneStaysHidden() throws Exception {
    Path root =
        unpack(
            new TarBuilder().directory("a").file("a/old", "1"),
            new TarBuilder().file(".wh.a", "").file("a/b/new", "2"));
    assertThat(isOpaque(root.resolve("a"))).isTrue();
    assertThat(root.resolve("a/b/new")).hasContent("2");
  }

  @Test
  void anImpliedDirectoryLooksAsItDoesBelow() throws Exception {
    Path root =
        unpack(
            new TarBuilder()
                .owner(5, 6)
                .mode(01770)
                .mtime(1_111_111_111L)
                .directory("spool")
                .directory("spool/in"),
            new TarBuilder().file("spool/in/job", "x").file("other/file", "y"));
    FileStatus spool = status(root.resolve("spool"));
    assertThat(spool.permissions()).isEqualTo(01770);
    assertThat(spool.uid()).isEqualTo(5);
    assertThat(spool.gid()).isEqualTo(6);
    assertThat(spool.modified()).isEqualTo(Instant.ofEpochSecond(1_111_111_111L));
    assertThat(status(root.resolve("other")).permissions()).isEqualTo(0755);
  }

  @Test
  void theRootLooksAsTheLayerBelowSaysUnlessTheLayerSaysItself() throws Exception {
    Path root =
        unpack(
            new TarBuilder().owner(9, 9).mode(0700).directory("./"),
            new TarBuilder().file("x", "x"));
    assertThat(status(root)).matches(s -> s.uid() == 9 && s.permissions() == 0700);
  }

  @Test
  void aLaterEntryReplacesAnEarlierOneOfAnotherKind() throws Exception {
    Path root =
        unpack(
            new TarBuilder()
                .file("a", "1")
                .hardLink("b", "a")
                .file("a", "2")
                .directory("d")
                .file("d/x", "1")
                .symlink("d", "elsewhere")
                .symlink("l", "b")
                .directory("l")
                .file("l/inside", "3"));
    assertThat(root.resolve("a")).hasContent("2");
    assertThat(root.resolve("b")).hasContent("1");
    assertThat(Files.readSymbolicLink(root.resolve("d"))).hasToString("elsewhere");
    assertThat(root.resolve("l/inside")).hasContent("3");
    assertThat(root.resolve("b")).isRegularFile();
  }

  @Test
  void sparseFilesKeepContentAndHoles() throws Exception {
    byte[] data = new byte[512];
    Arrays.fill(data, (byte) 'd');
    Path root = unpack(sparse("2\n262144\n512\n524288\n0\n", data, 524288));
    Path sparse = root.resolve("sparse");
    FileStatus status = status(sparse);
    assertThat(status.size()).isEqualTo(524288);
    assertThat(status.blocks512()).isLessThan(600);
    byte[] read = Files.readAllBytes(sparse);
    assertThat(Arrays.copyOfRange(read, 262144, 262656)).isEqualTo(data);
    assertThat(read[262143]).isZero();
    assertThat(read[262656]).isZero();
    assertThat(root.resolve("after")).hasContent("ok");
  }

  /** GNU tar's newest form: the map is in front of the content. */
  private static TarBuilder sparse(String map, byte[] parts, long realSize) {
    int blocks = (map.length() + 511) / 512 * 512;
    byte[] content = Arrays.copyOf(LayoutBuilder.utf8(map), blocks + parts.length);
    System.arraycopy(parts, 0, content, blocks, parts.length);
    return new TarBuilder()
        .pax("GNU.sparse.major", "1")
        .pax("GNU.sparse.minor", "0")
        .pax("GNU.sparse.name", "sparse")
        .pax("GNU.sparse.realsize", Long.toString(realSize))
        .file("GNUSparseFile.0/sparse", content)
        .file("after", "ok");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--format=gnu",
        "--format=pax --sparse-version=0.0",
        "--format=pax --sparse-version=0.1",
        "--format=pax --sparse-version=1.0"
      })
  void sparseFilesOfGnuTarAreWhatTheyWere(String form) throws Exception {
    Path files = Files.createDirectory(scratch.directory.resolve("files"));
    Path sparse = files.resolve("sparse");
    try (FileChannel file =
        FileChannel.open(sparse, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      for (int i = 1; i < 40; i++) {
        file.write(ByteBuffer.wrap(LayoutBuilder.utf8("part " + i)), i * 20_000L);
      }
    }
    try (RandomAccessFile file = new RandomAccessFile(sparse.toFile(), "rw")) {
      file.setLength(900_000);
    }
    Files.writeString(files.resolve("then"), "ok");
    Path tar = scratch.directory.resolve("tar");
    List<String> command = new ArrayList<>(List.of("tar", "--sparse"));
    command.addAll(List.of(form.split(" ", -1)));
    command.addAll(List.of("-cf", tar.toString(), "-C", files.toString(), "sparse", "then"));
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
    assertThat(Files.size(tar)).as("a tar with holes").isLessThan(400_000);
    Path layout =
        LayoutBuilder.of("test.example/a:1", Files.readAllBytes(tar)).writeTo(scratch.source);
    Image image = scratch.store.importFrom(layout, Optional.empty()).get(0);
    Path root = scratch.content(image, 0);
    assertThat(root.resolve("sparse")).hasSameBinaryContentAs(sparse);
    assertThat(status(root.resolve("sparse")).blocks512()).isLessThan(800);
    assertThat(root.resolve("then")).hasContent("ok");
  }

  @Test
  void aSparseFileMayHaveVeryManyParts() throws Exception {
    int parts = 20_000;
    StringBuilder map = new StringBuilder().append(parts).append('\n');
    for (int i = 0; i < parts; i++) {
      map.append(2 * i + 1).append("\n1\n");
    }
    byte[] stored = new byte[parts];
    Arrays.fill(stored, (byte) 'd');
    Path root = unpack(sparse(map.toString(), stored, 2L * parts));
    byte[] read = Files.readAllBytes(root.resolve("sparse"));
    assertThat(read).hasSize(2 * parts);
    for (int i = 0; i < read.length; i++) {
      assertThat(read[i]).isEqualTo((byte) (i % 2 == 0 ? 0 : 'd'));
    }
    assertThat(root.resolve("after")).hasContent("ok");
  }

  /** What is not stored is neither made nor looked at, because no limit of time would hold. */
  @Test
  @Timeout(value = 10, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void holesOfManyGigabytesTakeNoTime() throws Exception {
    long end = (8L << 30) - 1;
    String map = HostileHeaders.piece(0, 1) + HostileHeaders.piece(end - 1, 1);
    TarBuilder tar = new TarBuilder();
    for (String name : List.of("1", "2", "3", "4")) {
      tar.raw(HostileHeaders.oldSparse(name, end, 2, map, false)).content(LayoutBuilder.utf8("ab"));
    }
    Path place = scratch.directory.resolve("large");
    try (ImageStore store = ImageStore.open(place, ImageLimits.DEFAULT, Platform.here())) {
      Path layout = LayoutBuilder.of("test.example/a:1", tar.build()).writeTo(scratch.source);
      Image image = store.importFrom(layout, Optional.empty()).get(0);
      Path sparse = place.resolve(StoreLayout.content(image.chainIds().get(0))).resolve("4");
      assertThat(status(sparse).size()).isEqualTo(end);
      assertThat(status(sparse).blocks512()).isLessThan(100);
      try (FileChannel file = FileChannel.open(sparse)) {
        ByteBuffer last = ByteBuffer.allocate(2);
        file.read(last, end - 2);
        assertThat(last.array()).containsExactly(0, 'b');
      }
    }
  }

  @Test
  void aLayerWithAnOpaqueRootHidesAllBelow() throws Exception {
    Image image =
        scratch.importOne(
            LayoutBuilder.of(
                "test.example/a:1",
                new TarBuilder().file("old", "1").build(),
                new TarBuilder().file(".wh..wh..opq", "").file("new", "2").build()));
    Path container = Files.createDirectory(scratch.directory.resolve("c"));
    ContainerRootFs rootFs = scratch.store.prepare("c", image.id(), Set.of(), container);
    assertThat(rootFs.lower()).containsExactly(scratch.content(image, 1));
  }
}
