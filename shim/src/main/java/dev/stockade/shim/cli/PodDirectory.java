package dev.stockade.shim.cli;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Resolution;
import dev.stockade.shim.cli.manifest.PodRequest;
import dev.stockade.shim.cli.manifest.PodRequest.EmptyDir;
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
import java.util.stream.Stream;

/**
 * The directory of one pod made by {@code run}: its container logs and its emptyDir volumes. Only
 * its owner can enter the one above it.
 */
record PodDirectory(Path path) {
  private static final Duration REMOVAL = Duration.ofMinutes(2);
  private static final Set<PosixFilePermission> PRIVATE =
      PosixFilePermissions.fromString("rwx------");

  /** A volume is for whatever user the containers have; with a group, what is new belongs to it. */
  private static final int VOLUME_MODE = 0777;

  private static final int SET_GROUP_ID = 02000;

  /** Where the containers' logs go unless they go elsewhere. */
  Path logs() {
    return path.resolve("logs");
  }

  /** Where the emptyDir volumes are. */
  Path volumes() {
    return path.resolve("volumes");
  }

  /** Makes the directory with all that a pod needs before it is run. */
  void create(PodRequest request) {
    Path base = Objects.requireNonNull(path.getParent());
    FileAttribute<?> mode = PosixFilePermissions.asFileAttribute(PRIVATE);
    try {
      Files.createDirectories(base, mode);
      checkPrivate(base);
      Files.createDirectory(path, mode);
      makeLogDirectories(request);
      for (EmptyDir volume : request.emptyDirs()) {
        makeVolume(volume);
      }
    } catch (IOException e) {
      throw CommandFailure.of("cannot make the directories of the pod: " + e, e);
    }
  }

  /**
   * Removes all of it. What containers left in their volumes is theirs, so this goes by descriptors
   * and follows no links.
   */
  void remove() {
    Path base = Objects.requireNonNull(path.getParent());
    try (Directory directory = Directory.open(base, Resolution.BENEATH)) {
      directory.removeTree(path.getFileName().toString(), REMOVAL);
      // The one above it goes with the last pod.
      boolean unused = base.toFile().delete();
    } catch (IOException e) {
      throw CommandFailure.of("cannot remove " + path + ": " + e.getMessage(), e);
    }
  }

  private static void makeLogDirectories(PodRequest request) throws IOException {
    Path logs = Path.of(request.sandbox().getLogDirectory());
    for (String log :
        Stream.concat(request.initContainers().stream(), request.containers().stream())
            .map(container -> container.config().getLogPath())
            .toList()) {
      Files.createDirectories(Objects.requireNonNull(logs.resolve(log).getParent()));
    }
  }

  private void makeVolume(EmptyDir volume) throws IOException {
    Path place = Files.createDirectories(volumes().resolve(volume.name()));
    int mode = VOLUME_MODE;
    if (volume.group().isPresent()) {
      Files.setAttribute(place, "unix:gid", (int) volume.group().getAsLong());
      mode |= SET_GROUP_ID;
    }
    Files.setAttribute(place, "unix:mode", mode);
  }

  private static void checkPrivate(Path base) throws IOException {
    PosixFileAttributes attributes =
        Files.readAttributes(base, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    Object us = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    boolean ours =
        Files.getAttribute(base, "unix:uid", LinkOption.NOFOLLOW_LINKS).equals(us)
            && attributes.isDirectory()
            && PRIVATE.containsAll(attributes.permissions());
    if (!ours) {
      throw CommandFailure.of(
          base
              + " has to be a directory of this user with mode 0700; remove it or choose another"
              + " with --pod-dir");
    }
  }
}
