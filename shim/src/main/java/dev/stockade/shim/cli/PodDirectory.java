package dev.stockade.shim.cli;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Resolution;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;

/**
 * The directory of one pod made by {@code run}: its container logs and its emptyDir volumes. Only
 * its owner can enter the one above it.
 */
record PodDirectory(Path path) {
  private static final Duration REMOVAL = Duration.ofMinutes(2);
  private static final Set<PosixFilePermission> PRIVATE =
      PosixFilePermissions.fromString("rwx------");

  /** Makes the directory for a new pod. */
  static PodDirectory create(Path base, String uid) {
    FileAttribute<?> mode = PosixFilePermissions.asFileAttribute(PRIVATE);
    Path path = base.resolve(uid);
    try {
      Files.createDirectories(base, mode);
      checkPrivate(base);
      Files.createDirectory(path, mode);
      return new PodDirectory(path);
    } catch (IOException e) {
      throw CommandFailure.of("cannot make the directory " + path + " for the pod: " + e, e);
    }
  }

  /** Where the containers' logs go. */
  Path logs() {
    return path.resolve("logs");
  }

  /** Where an emptyDir volume is. */
  Path volume(String name) {
    return path.resolve("volumes").resolve(name);
  }

  /**
   * Removes all of it. What containers left in their volumes is theirs, so this goes by descriptors
   * and follows no links.
   */
  void remove() {
    Path base = Objects.requireNonNull(path.getParent());
    try (Directory directory = Directory.open(base, Resolution.BENEATH)) {
      directory.removeTree(path.getFileName().toString(), REMOVAL);
    } catch (IOException e) {
      throw CommandFailure.of(
          "cannot remove the pod's directory " + path + ": " + e.getMessage(), e);
    }
  }

  private static void checkPrivate(Path base) throws IOException {
    PosixFileAttributes attributes =
        Files.readAttributes(base, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    boolean ours =
        Files.getAttribute(base, "unix:uid")
            .equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
    if (!attributes.isDirectory() || !ours || !PRIVATE.containsAll(attributes.permissions())) {
      throw CommandFailure.of(
          base
              + " has to be a directory of this user with mode 0700; remove it or choose another"
              + " with --pod-dir");
    }
  }
}
