package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.FileKind;
import dev.stockade.launcher.linux.FileStatus;
import dev.stockade.launcher.linux.MountInfo;
import dev.stockade.launcher.linux.ProcDirectory;
import dev.stockade.launcher.linux.SyscallException;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The process's mounts. A path is looked up beneath its root as the process itself would, and what
 * is found is known by the number of the mount it is on, because a mount point's text says nothing
 * about what is mounted over what.
 */
final class MountReadings implements AutoCloseable {
  private static final int MOUNTINFO_MAX = 16 << 20;
  private static final int NULL_MAJOR = 1;
  private static final int NULL_MINOR = 3;
  private static final String ABSENT = "absent";
  private static final Set<String> NOT_FLAGS = Set.of("rw", "relatime");

  private final Directory root;
  private final Map<Long, MountInfo> mounts = new HashMap<>();

  private MountReadings(Directory root) {
    this.root = root;
  }

  static MountReadings of(ProcDirectory proc) throws IOException {
    MountReadings readings = new MountReadings(proc.root());
    try {
      for (MountInfo mount : MountInfo.parse(proc.read("mountinfo", MOUNTINFO_MAX))) {
        readings.mounts.put((long) mount.id(), mount);
      }
      return readings;
    } catch (IOException | RuntimeException e) {
      readings.close();
      throw e;
    }
  }

  Directory root() {
    return root;
  }

  /** Something of the process's root, or nothing. */
  private record Found(FileStatus status, MountInfo mount) {}

  private Optional<Found> find(String path) throws IOException {
    try (Fd held = root.openPath(path)) {
      FileStatus status = held.status();
      MountInfo mount = mounts.get(status.mountId());
      if (mount == null) {
        throw new IOException(path + " is on a mount that mountinfo does not list");
      }
      return Optional.of(new Found(status, mount));
    } catch (SyscallException e) {
      if (e.is(Errno.ENOENT) || e.is(Errno.ENOTDIR)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /**
   * Whether a mount is attached at a path and its root is what one finds there. Something read-only
   * made of it may lie over it.
   */
  boolean holds(String point, FileStatus made) throws IOException {
    Optional<Found> found = find(point);
    MountInfo mount = mounts.get(made.mountId());
    return found.isPresent()
        && mount != null
        && mount.point().equals(found.get().mount().point())
        && found.get().status().mountRoot()
        && found.get().status().sameInode(made);
  }

  /** What one finds at a path, in words. */
  String what(String point) throws IOException {
    return find(point)
        .map(Found::mount)
        .map(m -> m.root() + " of " + m.type() + " " + m.device() + " on " + m.point())
        .orElse(ABSENT);
  }

  private static boolean readOnly(MountInfo mount) {
    return mount.options().contains("ro") || mount.superOptions().contains("ro");
  }

  /** {@code ro} or {@code rw}, of the mount itself. */
  String rootAccess() throws IOException {
    return find("/")
        .map(found -> found.mount().options().contains("ro") ? "ro" : "rw")
        .orElse(ABSENT);
  }

  /** The file system's type and every flag of the mount. */
  String mount(String point) throws IOException {
    Optional<Found> found = find(point);
    if (found.isEmpty()) {
      return ABSENT;
    }
    if (!found.get().status().mountRoot()) {
      return "not mounted";
    }
    MountInfo mount = found.get().mount();
    Set<String> flags = new TreeSet<>(mount.options());
    flags.removeAll(NOT_FLAGS);
    if (readOnly(mount)) {
      flags.add("ro");
    }
    return flags.isEmpty() ? mount.type() : mount.type() + " " + String.join(",", flags);
  }

  String propagation(String point) throws IOException {
    Optional<Found> found = find(point);
    if (found.isEmpty()) {
      return ABSENT;
    }
    Set<String> fields =
        found.get().mount().propagation().stream()
            .map(field -> field.replaceAll(":.*", ""))
            .collect(Collectors.toSet());
    if (fields.contains("shared")) {
      return "shared";
    }
    if (fields.contains("unbindable")) {
      return "unbindable";
    }
    return fields.contains("master") ? "slave" : "private";
  }

  /** Whether the null device or an empty tmpfs nobody can write is in the path's place. */
  String masked(String path) throws IOException {
    Optional<Found> found = find(path);
    if (found.isEmpty()) {
      return ABSENT;
    }
    FileStatus status = found.get().status();
    if (status.kind() == FileKind.CHARACTER_DEVICE) {
      boolean isNull = status.specialMajor() == NULL_MAJOR && status.specialMinor() == NULL_MINOR;
      return isNull && status.mountRoot() ? "masked" : "visible";
    }
    MountInfo mount = found.get().mount();
    boolean empty =
        status.kind() == FileKind.DIRECTORY
            && status.mountRoot()
            && mount.type().equals("tmpfs")
            && readOnly(mount)
            && isEmpty(path);
    return empty ? "masked" : "visible";
  }

  private boolean isEmpty(String path) throws IOException {
    try (Directory directory = root.directory(path)) {
      return directory.list(1).isEmpty();
    } catch (SyscallException e) {
      if (e.is(Errno.EFBIG)) {
        return false;
      }
      throw e;
    }
  }

  String access(String path) throws IOException {
    return find(path).map(found -> readOnly(found.mount()) ? "ro" : "rw").orElse(ABSENT);
  }

  /** Type, major and minor of a device node. */
  String device(String path) throws IOException {
    Optional<Found> found = find(path);
    if (found.isEmpty()) {
      return ABSENT;
    }
    FileStatus status = found.get().status();
    String numbers = status.specialMajor() + ":" + status.specialMinor();
    return switch (status.kind()) {
      case CHARACTER_DEVICE -> "c " + numbers;
      case BLOCK_DEVICE -> "b " + numbers;
      case FIFO -> "p 0:0";
      default -> "no device but " + status.kind();
    };
  }

  @Override
  public void close() {
    root.close();
  }
}
