package dev.stockade.launcher.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MountsKernelTest {
  @TempDir Path temporary;
  private int before;

  @BeforeEach
  void root() {
    Root.require();
    before = Fd.openCount();
  }

  @AfterEach
  void nothingStays() throws Exception {
    assertThat(Fd.openCount()).isEqualTo(before);
    assertThat(MountInfo.self()).noneMatch(mount -> mount.point().startsWith(temporary.toString()));
  }

  private Path directory(String name) throws Exception {
    return Files.createDirectories(temporary.resolve(name));
  }

  @Test
  void anOverlayIsReadAndWrittenWithoutBeingAttached() throws Exception {
    Files.writeString(directory("one").resolve("file"), "lower");
    Files.writeString(directory("two").resolve("file"), "upper");
    var writable = Optional.of(new Mounts.Writable(directory("upper"), directory("work")));
    try (Fd mount =
            Mounts.overlay(
                List.of(
                    Mounts.Layer.of(temporary.resolve("two")),
                    Mounts.Layer.of(temporary.resolve("one"))),
                writable,
                "",
                MountAttributes.NO_SUID);
        Directory root = Directory.of(mount, Resolution.IN_ROOT, "overlay")) {
      assertThat(root.readBounded("file", 10)).asString().isEqualTo("upper");
      root.createFile("fresh", 0600).close();
      assertThat(temporary.resolve("upper/fresh")).exists();
    }
  }

  /** Overlayfs mounts it read-only where the disk is full, and nobody is told. */
  @Test
  void anOverlayWithoutRoomForItsWorkIsRefused() throws Exception {
    Path place = directory("disk");
    try (Directory parent = Directory.open(temporary, Resolution.BENEATH)) {
      try (Fd disk = Mounts.fileSystem("tmpfs", List.of("nr_inodes=8"), 0);
          Fd target = parent.openPath("disk")) {
        Mounts.attach(disk, target, "disk");
      }
      try {
        List<Mounts.Layer> lower = List.of(Mounts.Layer.of(directory("disk/lower")));
        var writable =
            Optional.of(new Mounts.Writable(directory("disk/upper"), directory("disk/work")));
        for (String name : List.of("1", "2", "3", "4")) {
          Files.createFile(place.resolve(name));
        }
        assertThatThrownBy(() -> Mounts.overlay(lower, writable, "", 0))
            .hasMessageContaining("work/probe: ENOSPC");
        for (String name : List.of("1", "2", "3", "4")) {
          Files.delete(place.resolve(name));
        }
        Mounts.overlay(lower, writable, "", 0).close();
      } finally {
        assertThat(Mounts.detach(parent, "disk")).isTrue();
      }
    }
  }

  @Test
  void theKernelsComplaintIsPassedOn() throws Exception {
    List<Mounts.Layer> lower = List.of(Mounts.Layer.of(temporary.resolve("absent")));
    assertThatThrownBy(() -> Mounts.overlay(lower, Optional.empty(), "", 0))
        .hasMessageContaining("absent");
  }

  @Test
  void aTreeIsCopiedReadOnly() throws Exception {
    Files.writeString(directory("source").resolve("file"), "content");
    try (Directory source = Directory.open(temporary.resolve("source"), Resolution.BENEATH);
        Fd tree = Mounts.openTree(source.fd(), true, "source")) {
      Mounts.setAttributes(tree, true, MountAttributes.of(MountAttributes.READ_ONLY, 0), "source");
      try (Directory copy = Directory.of(tree.duplicate(), Resolution.IN_ROOT, "copy")) {
        assertThat(copy.readBounded("file", 10)).asString().isEqualTo("content");
        assertThatThrownBy(() -> copy.createFile("more", 0600)).hasMessageContaining("EROFS");
      }
      source.createFile("more", 0600).close();
    }
  }

  @Test
  void theMaskIsEmptyAndCannotBeWritten() throws Exception {
    try (Directory empty = Directory.of(Mounts.emptyTmpfs(), Resolution.IN_ROOT, "mask")) {
      assertThat(empty.list(10)).isEmpty();
      assertThatThrownBy(() -> empty.createFile("file", 0600)).hasMessageContaining("EROFS");
    }
  }

  @Test
  void aNamespaceIsPinnedAndReleased() throws Exception {
    try (Directory run = Directory.open(directory("run"), Resolution.BENEATH);
        ProcDirectory self = ProcDirectory.open(Linux.pid());
        Fd namespace = self.follow("ns/uts", false);
        Fd file = run.createFile("uts", 0600)) {
      Mounts.pin(namespace, file, "uts");
      try (Fd pinned = run.openPath("uts")) {
        assertThat(pinned.status().sameInode(namespace.status())).isTrue();
      }
      assertThat(Mounts.detach(run, "uts")).isTrue();
      assertThat(Mounts.detach(run, "uts")).isFalse();
      assertThat(Mounts.detach(run, "absent")).isFalse();
    }
  }
}
