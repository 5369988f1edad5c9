package dev.stockade.launcher.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The version 2 hierarchy, wherever it is mounted, cgroups(7).
 *
 * @param controllers those that the kernel offers on this hierarchy; on a host with version 1
 *     mounts most are missing
 */
public record Cgroup2(Path mountPoint, Set<String> controllers) {
  private static final int LIMIT = 64 * 1024;

  public Cgroup2 {
    controllers = Set.copyOf(controllers);
  }

  /** Empty when no cgroup2 file system is mounted. */
  public static Optional<Cgroup2> find() throws IOException {
    return find(MountInfo.self());
  }

  static Optional<Cgroup2> find(List<MountInfo> mounts) throws IOException {
    for (MountInfo mount : mounts) {
      if (mount.type().equals("cgroup2") && mount.root().equals("/")) {
        Path point = Path.of(mount.point());
        try (Directory directory = Directory.open(point, Resolution.BENEATH)) {
          byte[] list = directory.readBounded("cgroup.controllers", LIMIT);
          return Optional.of(new Cgroup2(point, words(list)));
        }
      }
    }
    return Optional.empty();
  }

  private static Set<String> words(byte[] text) {
    Set<String> words = new TreeSet<>();
    for (String word : new String(text, StandardCharsets.US_ASCII).trim().split(" ", -1)) {
      if (!word.isEmpty()) {
        words.add(word);
      }
    }
    return words;
  }

  /** The path of this process's own cgroup, absolute within the hierarchy. */
  public static String own() throws IOException {
    try (Directory self = Directory.open(Path.of("/proc/self"), Resolution.BENEATH)) {
      return pathOf(new String(self.readBounded("cgroup", LIMIT), StandardCharsets.UTF_8));
    }
  }

  /** The version 2 line of a /proc/pid/cgroup, without its prefix; empty when there is none. */
  public static String pathOf(String cgroupFile) {
    for (String line : cgroupFile.split("\n", -1)) {
      if (line.startsWith("0::")) {
        return line.substring(3);
      }
    }
    return "";
  }

  /** An existing cgroup by its path within the hierarchy. */
  public Cgroup open(String path) throws SyscallException {
    try (Directory root = Directory.open(mountPoint, Resolution.BENEATH)) {
      return new Cgroup(root.directory(path), path);
    }
  }

  /**
   * A new cgroup, with its parents; controllers are handed down to it.
   *
   * @param wanted controllers it must have
   * @throws SyscallException EEXIST if it is there, ENODEV naming a controller the hierarchy lacks
   */
  public Cgroup create(String path, Set<String> wanted) throws IOException {
    return create(path, wanted, false);
  }

  /** As {@link #create}, but one that is there already is taken. */
  public Cgroup openOrCreate(String path, Set<String> wanted) throws IOException {
    return create(path, wanted, true);
  }

  /** Hands controllers down to a cgroup that is there; what has them already is not written to. */
  public void handDown(String path, Set<String> wanted) throws IOException {
    requireOffered(path, wanted);
    StringBuilder above = new StringBuilder("/");
    for (String name : names(path)) {
      try (Cgroup at = open(above.toString())) {
        at.handDown(wanted);
      }
      above.append(name).append('/');
    }
  }

  private void requireOffered(String path, Set<String> wanted) throws SyscallException {
    for (String controller : wanted) {
      if (!controllers.contains(controller)) {
        throw new SyscallException(
            "cgroup",
            Errno.ENODEV,
            path,
            "the " + controller + " controller is not on the cgroup2 hierarchy of this node");
      }
    }
  }

  private static String[] names(String path) {
    return path.replaceAll("^/+|/+$", "").split("/+", -1);
  }

  private Cgroup create(String path, Set<String> wanted, boolean mayExist) throws IOException {
    requireOffered(path, wanted);
    String[] names = names(path);
    Cgroup at = new Cgroup(Directory.open(mountPoint, Resolution.BENEATH), "/");
    try {
      for (int i = 0; i < names.length; i++) {
        at.handDown(wanted);
        Cgroup below = at.child(names[i], mayExist || i < names.length - 1);
        at.close();
        at = below;
      }
      return at;
    } catch (IOException | RuntimeException e) {
      at.close();
      throw e;
    }
  }
}
