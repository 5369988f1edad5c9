package dev.stockade.shim.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A file system with little room, which a test fills to the last block and inode and empties. */
public final class SmallDisk implements AutoCloseable {
  private static final int BLOCK = 4096;

  /** The quota group of the first part that is made. */
  private static final String PART = "0/256";

  private final Path place;
  private final Optional<Path> whole;
  private final Path ballast;
  private final Deque<Path> files = new ArrayDeque<>();

  private SmallDisk(Path place, Optional<Path> whole) {
    this.place = place;
    this.whole = whole;
    this.ballast = place.resolve("ballast");
  }

  /** A tmpfs with these options. */
  public static SmallDisk tmpfs(Path place, String options) throws IOException {
    command("mount", "-t", "tmpfs", "-o", options, "tmpfs", Files.createDirectories(place) + "");
    return new SmallDisk(place, Optional.empty());
  }

  /** Skips a test where {@link #quota} cannot be. */
  static void assumeQuotas() throws IOException {
    assumeTrue(
        Files.isExecutable(Path.of("/usr/sbin/mkfs.btrfs")), "needs mkfs.btrfs of btrfs-progs");
    assumeTrue(
        Files.readString(Path.of("/proc/filesystems")).contains("btrfs"),
        "needs a kernel with btrfs (modprobe btrfs)");
  }

  /**
   * A part of a btrfs, of which a quota allows so much. Not an ext4, which lets CAP_SYS_RESOURCE go
   * over it.
   *
   * @param image a file to be made, which holds it
   */
  static SmallDisk quota(Path image, Path place, int kibibytes) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(256L << 20);
    }
    Path whole = Files.createDirectories(place.resolveSibling("whole"));
    command("mkfs.btrfs", "-q", image.toString());
    command("mount", "-o", "loop", image.toString(), whole.toString());
    SmallDisk disk = new SmallDisk(place, Optional.of(whole));
    command("btrfs", "subvolume", "create", whole.resolve("part").toString());
    command("btrfs", "quota", "enable", whole.toString());
    command("btrfs", "quota", "rescan", "-w", whole.toString());
    disk.limit(kibibytes);
    Files.createDirectories(place);
    command("mount", "--bind", whole.resolve("part").toString(), place.toString());
    return disk;
  }

  /** Changes what the quota allows. */
  void limit(int kibibytes) throws IOException {
    command("btrfs", "qgroup", "limit", kibibytes + "K", PART, whole.orElseThrow().toString());
  }

  private static void command(String... words) throws IOException {
    Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.onExit().orTimeout(60, TimeUnit.SECONDS).join().exitValue())
        .as(List.of(words) + ": " + said)
        .isZero();
  }

  /** Leaves no block; {@link #giveBlock} gives one back. */
  public void fillBlocks() throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(ballast.toFile(), "rw")) {
      file.seek(file.length());
      while (true) {
        file.write(new byte[BLOCK]);
      }
    } catch (IOException full) {
      assertThat(full).hasMessageMatching("No space left on device|Disk quota exceeded");
    }
  }

  void giveBlock() throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(ballast.toFile(), "rw")) {
      file.setLength(Math.max(0, (file.length() + BLOCK - 1) / BLOCK * BLOCK - BLOCK));
    }
  }

  /** Leaves no inode; {@link #giveInode} gives one back. */
  public void fillInodes() throws IOException {
    try {
      while (true) {
        files.push(Files.createFile(place.resolve("ballast-" + files.size())));
      }
    } catch (IOException full) {
      assertThat(full).hasMessageContaining("No space left on device");
    }
  }

  void giveInode() throws IOException {
    Files.delete(files.pop());
  }

  /** Gives all room back. */
  public void empty() throws IOException {
    Files.deleteIfExists(ballast);
    while (!files.isEmpty()) {
      giveInode();
    }
  }

  @Override
  public void close() throws IOException {
    command("umount", place.toString());
    if (whole.isPresent()) {
      command("umount", whole.get().toString());
    }
  }
}
