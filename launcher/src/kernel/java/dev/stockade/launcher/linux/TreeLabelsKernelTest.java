package dev.stockade.launcher.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.stockade.launcher.linux.TreeLabels.Tally;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Labels are attributes like others where no SELinux watches them, so this runs everywhere. */
@Timeout(120)
final class TreeLabelsKernelTest {
  private static final String WANTED = "system_u:object_r:container_file_t:s0:c1,c2";
  private static final String OTHER = "system_u:object_r:container_file_t:s0:c3,c4";

  @TempDir Path temporary;
  private Path volume;
  private int before;

  @BeforeEach
  void begin() throws Exception {
    Root.require();
    volume = Files.createDirectory(temporary.resolve("volume"));
    before = Fd.openCount();
  }

  @AfterEach
  void nothingStays() throws Exception {
    assertThat(Fd.openCount()).isEqualTo(before);
    assertThat(MountInfo.self()).noneMatch(mount -> mount.point().startsWith(temporary.toString()));
  }

  private static String label(Path path) throws Exception {
    try (Fd held = Opening.host(path, Flags.O_PATH | Flags.O_NOFOLLOW)) {
      return held.label().orElse("");
    }
  }

  private static Tally give(Path path, String label) throws Exception {
    try (Fd held = HostPath.hold(path)) {
      return TreeLabels.give(held, path.toString(), label, () -> false).orElseThrow();
    }
  }

  private SyscallException failure(Path path) {
    return catchThrowableOfType(SyscallException.class, () -> give(path, WANTED));
  }

  /** So many files in each of so many directories. */
  private void fill(int directories, int files) throws Exception {
    for (int d = 0; d < directories; d++) {
      Path directory = Files.createDirectories(volume.resolve("d" + d).resolve("below"));
      for (int f = 0; f < files; f++) {
        Files.createFile(directory.resolve("f" + f));
      }
    }
  }

  @Test
  void everyKindOfFileGetsItAndLinksAreNotFollowed() throws Exception {
    Path outside = Files.writeString(temporary.resolve("outside"), "host");
    Path below = Files.createDirectories(volume.resolve("a/b"));
    Path link = Files.createSymbolicLink(below.resolve("link"), outside);
    Path up = Files.createSymbolicLink(below.resolve("up"), Path.of("../../.."));
    Path file = Files.writeString(below.resolve("file"), "data");
    try (Directory directory = Directory.open(below, Resolution.BENEATH)) {
      directory.child("fifo").makeNode(FileKind.FIFO, 0600, 0, 0);
      directory.child("socket").makeNode(FileKind.SOCKET, 0600, 0, 0);
    }
    assertThat(give(volume, WANTED)).isEqualTo(new Tally(8, 8, 0));
    for (Path path :
        List.of(volume, below, link, up, file, below.resolve("fifo"), below.resolve("socket"))) {
      assertThat(label(path)).as(path.toString()).isEqualTo(WANTED);
    }
    assertThat(label(outside)).isNotEqualTo(WANTED);
    assertThat(label(temporary)).isNotEqualTo(WANTED);
  }

  @Test
  void aSingleFileIsATree() throws Exception {
    Path file = Files.writeString(volume.resolve("file"), "data");
    Files.writeString(volume.resolve("beside"), "data");
    assertThat(give(file, WANTED)).isEqualTo(new Tally(1, 1, 0));
    assertThat(label(volume.resolve("beside"))).isNotEqualTo(WANTED);
  }

  @Test
  void whatHasTheLabelIsNotWrittenAgain() throws Exception {
    fill(3, 5);
    give(volume, WANTED);
    Path file = volume.resolve("d1/below/f1");
    Object changed = Files.getAttribute(file, "unix:ctime");
    Thread.sleep(20);
    assertThat(give(volume, WANTED)).isEqualTo(new Tally(22, 0, 0));
    assertThat(Files.getAttribute(file, "unix:ctime")).isEqualTo(changed);
    assertThat(give(volume, OTHER)).isEqualTo(new Tally(22, 22, 0));
    assertThat(label(file)).isEqualTo(OTHER);
  }

  @Test
  void aWalkThatWasStoppedIsTakenUpWhereItEnded() throws Exception {
    fill(20, 100);
    AtomicInteger asked = new AtomicInteger();
    try (Fd held = HostPath.hold(volume)) {
      Optional<Tally> stopped =
          TreeLabels.give(held, volume.toString(), WANTED, () -> asked.incrementAndGet() > 500);
      assertThat(stopped).isEmpty();
    }
    Tally rest = give(volume, WANTED);
    assertThat(rest.seen()).isEqualTo(2041);
    assertThat(rest.changed()).isBetween(1500L, 2030L);
    assertThat(give(volume, WANTED).changed()).isZero();
  }

  @Test
  void aLargeTreeIsLabelledByWorkersThatEnd() throws Exception {
    fill(50, 60);
    Path flat = Files.createDirectory(volume.resolve("flat"));
    for (int f = 0; f < 2000; f++) {
      Files.createFile(flat.resolve("a name that is long enough to fill the blocks" + f));
    }
    assertThat(give(volume, WANTED)).isEqualTo(new Tally(5102, 5102, 0));
    assertThat(label(volume.resolve("d49/below/f59"))).isEqualTo(WANTED);
    assertThat(give(volume, WANTED).changed()).isZero();
    for (int i = 0; i < 100 && workers() > 0; i++) {
      Thread.sleep(20);
    }
    assertThat(workers()).isZero();
  }

  private static long workers() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("tree-labels"))
        .count();
  }

  @Test
  void depthIsBounded() throws Exception {
    Path deep = volume;
    for (int i = 0; i < 256; i++) {
      deep = Files.createDirectory(deep.resolve("d"));
    }
    SyscallException refused = failure(volume);
    assertThat(refused.errno()).isEqualTo(Errno.ENAMETOOLONG);
    assertThat(refused).hasMessageContaining("more than 256 levels deep");
    Files.delete(deep);
    assertThat(give(volume, WANTED).seen()).isEqualTo(256);
  }

  @Test
  void mountsInTheTreeKeepTheirLabels() throws Exception {
    Files.createDirectories(volume.resolve("mounted"));
    try (Directory directory = Directory.open(volume, Resolution.BENEATH);
        Fd tmpfs = Mounts.fileSystem("tmpfs", List.of("size=64k"), 0);
        Fd target = directory.openPath("mounted")) {
      Mounts.attach(tmpfs, target, "mounted");
      try {
        Path inside = Files.writeString(volume.resolve("mounted/file"), "other");
        assertThat(give(volume, WANTED)).isEqualTo(new Tally(1, 1, 1));
        assertThat(label(inside)).isNotEqualTo(WANTED);
      } finally {
        Mounts.detach(directory, "mounted");
      }
    }
  }

  /** A file is labelled by any of its names: whoever could make the link could give it away. */
  @Test
  void aHardLinkIsTheFileItself() throws Exception {
    Path elsewhere = Files.writeString(temporary.resolve("elsewhere"), "data");
    Files.createLink(volume.resolve("name"), elsewhere);
    give(volume, WANTED);
    assertThat(label(elsewhere)).isEqualTo(WANTED);
  }

  @Test
  void aReadOnlyMountIsAnErrorOnlyWhereSomethingIsToChange() throws Exception {
    Path file = Files.writeString(volume.resolve("file"), "data");
    try (Fd source = HostPath.hold(volume);
        Fd mount = Mounts.openTree(source, false, "volume")) {
      Mounts.setAttributes(
          mount, false, MountAttributes.of(MountAttributes.READ_ONLY, 0), "volume");
      SyscallException refused =
          catchThrowableOfType(
              SyscallException.class, () -> TreeLabels.give(mount, "volume", WANTED, () -> false));
      assertThat(refused.errno()).isEqualTo(Errno.EROFS);
      assertThat(refused.target()).isEqualTo("volume");
      give(volume, WANTED);
      Files.writeString(volume.resolve("file"), "more");
      assertThat(TreeLabels.give(mount, "volume", WANTED, () -> false))
          .contains(new Tally(2, 0, 0));
    }
    assertThat(label(file)).isEqualTo(WANTED);
  }

  @Test
  void aFileThatCannotBeLabelledIsNamed() throws Exception {
    try (Fd ramfs = Mounts.fileSystem("ramfs", List.of(), 0)) {
      try (Directory root = Directory.of(ramfs.duplicate(), Resolution.BENEATH, "ramfs")) {
        root.createFile("file", 0600).close();
      }
      SyscallException refused =
          catchThrowableOfType(
              SyscallException.class, () -> TreeLabels.give(ramfs, "ramfs", WANTED, () -> false));
      assertThat(refused.errno()).isEqualTo(Errno.EOPNOTSUPP);
      assertThat(refused.target()).isEqualTo("ramfs");
    }
  }

  /** What a container can do with names in its volume while they are walked through. */
  @Test
  void nothingOutsideIsLabelledWhateverIsRenamedMeanwhile() throws Exception {
    Path outside = Files.createDirectory(temporary.resolve("outside"));
    Path secret = Files.writeString(outside.resolve("file"), "host");
    Path real = Files.createDirectories(volume.resolve("x/real"));
    for (int f = 0; f < 50; f++) {
      Files.writeString(real.resolve("file" + f), "own");
    }
    Path link = Files.createSymbolicLink(volume.resolve("x/link"), Path.of("../../outside"));
    AtomicBoolean over = new AtomicBoolean();
    AtomicInteger swaps = new AtomicInteger();
    Thread hostile =
        new Thread(
            () -> {
              while (!over.get()) {
                swap(real, link, volume.resolve("x/spare"));
                swaps.incrementAndGet();
              }
            });
    hostile.start();
    try {
      for (int i = 0; i < 300; i++) {
        give(volume, i % 2 == 0 ? WANTED : OTHER);
        assertThat(label(secret)).isNotIn(WANTED, OTHER);
        assertThat(label(outside)).isNotIn(WANTED, OTHER);
      }
    } finally {
      over.set(true);
      hostile.join();
    }
    assertThat(swaps).hasValueGreaterThan(300);
  }

  private static void swap(Path one, Path other, Path spare) {
    try {
      Files.move(one, spare);
      Files.move(other, one);
      Files.move(spare, other);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
