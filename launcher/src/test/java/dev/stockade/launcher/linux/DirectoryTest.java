package dev.stockade.launcher.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DirectoryTest {
  private static final Duration SOON = Duration.ofSeconds(20);

  @TempDir Path temporary;
  private int before;
  private Directory tree;

  @BeforeEach
  void open() throws Exception {
    before = Fd.openCount();
    Files.createDirectory(temporary.resolve("tree"));
    Files.writeString(temporary.resolve("outside"), "secret");
    tree = Directory.open(temporary.resolve("tree"), Resolution.IN_ROOT);
  }

  @AfterEach
  void nothingLeaks() {
    tree.close();
    assertThat(Fd.openCount()).isEqualTo(before);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void writesAndReadsBack() throws Exception {
    tree.makeDirectories("a/b", 0750);
    tree.writeAtomically("a/b/record", bytes("one"), 0600);
    tree.writeAtomically("a/b/record", bytes("two"), 0640);
    assertThat(tree.readBounded("a/b/record", 3)).asString().isEqualTo("two");
    try (Directory parent = tree.directory("a/b")) {
      assertThat(parent.list(10)).hasSize(1);
    }
    assertThat(Files.getPosixFilePermissions(temporary.resolve("tree/a/b/record")))
        .isEqualTo(PosixFilePermissions.fromString("rw-r-----"));
    assertThat(Files.getPosixFilePermissions(temporary.resolve("tree/a")))
        .isEqualTo(PosixFilePermissions.fromString("rwxr-x---"));
  }

  @Test
  void aReplacementThatIsNotPublishedChangesNothing() throws Exception {
    tree.writeAtomically("record", bytes("one"), 0600);
    try (Replacement withdrawn = tree.replacement("record", bytes("two"), 0600)) {
      assertThat(withdrawn).isNotNull();
      assertThat(tree.list(10)).hasSize(2);
    }
    assertThat(tree.list(10)).hasSize(1);
    assertThat(tree.readBounded("record", 3)).asString().isEqualTo("one");
  }

  @Test
  void refusesMoreThanTheLimit() throws Exception {
    tree.writeAtomically("long", new byte[10], 0600);
    assertThatThrownBy(() -> tree.readBounded("long", 9))
        .isInstanceOf(SyscallException.class)
        .hasMessageContaining("EFBIG")
        .hasMessageContaining("more than 9 bytes");
    assertThat(tree.readIfPresent("absent", 9)).isEmpty();
  }

  @Test
  void linksOfAnImageEndInTheTree() throws Exception {
    try (Entry link = tree.entry("up")) {
      link.makeSymlink("../../../../outside");
    }
    assertThatThrownBy(() -> tree.readBounded("up", 100)).hasMessageContaining("ENOENT");
    assertThatThrownBy(() -> tree.readBounded("../outside", 100)).hasMessageContaining("ENOENT");
    tree.writeAtomically("outside", bytes("inner"), 0600);
    assertThat(tree.readBounded("up", 100)).asString().isEqualTo("inner");
  }

  @Test
  void ownDirectoriesFollowNoLinkAtAll() throws Exception {
    Files.createSymbolicLink(temporary.resolve("tree/link"), Path.of("real"));
    Files.createDirectory(temporary.resolve("tree/real"));
    try (Directory own = Directory.open(temporary.resolve("tree"), Resolution.BENEATH)) {
      assertThatThrownBy(() -> own.createFile("link/file", 0600)).hasMessageContaining("ELOOP");
      assertThatThrownBy(() -> own.readBounded("../outside", 10)).hasMessageContaining("EXDEV");
    }
  }

  @Test
  void absolutePathsStayInside() throws Exception {
    tree.makeDirectories("/etc", 0755);
    tree.createFile("/etc/passwd", 0644).close();
    assertThat(Files.exists(temporary.resolve("tree/etc/passwd"))).isTrue();
    assertThatThrownBy(() -> tree.makeDirectories("x/../../y", 0755)).hasMessageContaining("..");
  }

  @Test
  void onlyRegularFilesAreRead() throws Exception {
    try (Entry fifo = tree.entry("fifo")) {
      fifo.makeNode(FileKind.FIFO, 0600, 0, 0);
    }
    assertThatThrownBy(() -> tree.readBounded("fifo", 1)).hasMessageContaining("FIFO");
  }

  @Test
  void createNeverFollowsOrReplaces() throws Exception {
    Files.createSymbolicLink(temporary.resolve("tree/planted"), temporary.resolve("outside"));
    assertThatThrownBy(() -> tree.createFile("planted", 0600)).hasMessageContaining("EEXIST");
    assertThat(Files.readString(temporary.resolve("outside"))).isEqualTo("secret");
  }

  @Test
  void aHeldDirectoryTellsItsAttributesByTheirNames() throws Exception {
    byte[] value = {(byte) 0xff, 0, '\n'};
    tree.fd().setAttribute("user.one", value);
    tree.fd().setAttribute("user.two", new byte[0]);
    tree.fd().setAttribute("trusted.three", value);
    try (Fd path = tree.openPath(".")) {
      for (Fd held : List.of(tree.fd(), path)) {
        assertThat(held.attributes("user.", 19)).containsOnlyKeys("user.one", "user.two");
        assertThat(held.attributes("user.", 19).get("user.one")).isEqualTo(value);
        assertThat(held.attributes("trusted.", 99)).containsOnlyKeys("trusted.three");
        assertThat(held.attributes("none.", 0)).isEmpty();
        assertThatThrownBy(() -> held.attributes("user.", 18))
            .isInstanceOfSatisfying(
                SyscallException.class, e -> assertThat(e.is(Errno.E2BIG)).isTrue())
            .hasMessageContaining("more than 18 bytes");
      }
    }
  }

  @Test
  void anEntryCarriesItsAttributes() throws Exception {
    Instant when = Instant.ofEpochSecond(1_000_000_000L, 123_456_789);
    try (Entry entry = tree.entry("file")) {
      entry.createFile(04711).close();
      entry.setAttribute("user.key", bytes("value"));
      entry.times(when, when);
      FileStatus status = entry.status().orElseThrow();
      assertThat(status.permissions()).isEqualTo(04711);
      assertThat(status.modified()).isEqualTo(when);
      assertThat(entry.attribute("user.key"))
          .hasValueSatisfying(v -> assertThat(v).asString().isEqualTo("value"));
      assertThat(entry.attribute("user.other")).isEmpty();
      try (Entry second = tree.entry("second")) {
        second.makeLink(entry);
        assertThat(second.status().orElseThrow().links()).isEqualTo(2);
        second.unlink();
      }
    }
    try (Entry link = tree.entry("link")) {
      link.makeSymlink("any/thing");
      assertThat(link.readLink()).isEqualTo("any/thing");
      assertThatThrownBy(() -> link.mode(0600)).hasMessageContaining("EOPNOTSUPP");
    }
    assertThat(tree.list(2))
        .extracting(Listing.Name::name)
        .containsExactlyInAnyOrder("file", "link");
    assertThatThrownBy(() -> tree.list(1)).hasMessageContaining("more than 1 names");
  }

  @Test
  void removesATreeButNothingOutside() throws Exception {
    Path deep = Files.createDirectories(temporary.resolve("tree/t/u"));
    for (int i = 0; i < 700; i++) {
      Files.createFile(deep.resolve("a-rather-long-name-to-fill-the-buffer-" + i));
    }
    Files.createSymbolicLink(deep.resolve("link"), temporary.resolve("outside"));
    Files.createSymbolicLink(temporary.resolve("tree/t/dir"), temporary);
    tree.removeTree("t", SOON);
    tree.removeTree("t", SOON);
    assertThat(tree.list(10)).isEmpty();
    assertThat(temporary.resolve("outside")).exists();
  }

  @Test
  void removesATreeDeeperThanAnyPath() throws Exception {
    tree.makeDirectories("deep", 0700);
    Directory at = tree.directory("deep");
    for (int depth = 0; depth < 3000; depth++) {
      at.makeDirectories("directory", 0700);
      at.createFile("file", 0600).close();
      Directory next = at.directory("directory");
      at.close();
      at = next;
    }
    at.close();
    tree.removeTree("deep", SOON);
    assertThat(tree.list(10)).isEmpty();
  }

  @Test
  void removalKeepsItsDeadline() throws Exception {
    tree.makeDirectories("t", 0700);
    tree.createFile("t/file", 0600).close();
    assertThatThrownBy(() -> tree.removeTree("t", Duration.ofNanos(-1)))
        .hasMessageContaining("ETIME");
  }

  @Test
  void aPrivateDirectoryMustBePrivate() throws Exception {
    Path path = temporary.resolve("run/deep");
    Directory.openPrivate(path).close();
    for (Path made : List.of(path, temporary.resolve("run"))) {
      assertThat(Files.getPosixFilePermissions(made))
          .as(made.toString())
          .isEqualTo(PosixFilePermissions.fromString("rwx------"));
    }
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-x---"));
    assertThatThrownBy(() -> Directory.openPrivate(path)).hasMessageContaining("0700");
  }

  @Test
  void namesWithoutAnEndAreRefused() {
    for (String path : List.of("", "/", "a/..", ".", "a/.")) {
      assertThatThrownBy(() -> tree.entry(path)).as(path).hasMessageContaining("no name");
    }
    assertThatThrownBy(() -> tree.createFile("a\0b", 0600)).hasMessageContaining("NUL");
  }
}
