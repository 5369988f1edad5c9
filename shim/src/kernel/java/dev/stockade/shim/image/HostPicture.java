package dev.stockade.shim.image;

import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What hostile content could change of the host: inodes of the system's directories, mounts, what
 * the kernel is told, the processes and the descriptors of this one. An inode's ctime is of the
 * kernel alone and tells of every change to content, attributes, links and mode.
 */
final class HostPicture {
  private static final String ALL = "unix:mode,uid,gid,size,lastModifiedTime,ctime,nlink,rdev,ino";

  /** Where others of the node make and delete files all the time. */
  private static final String LASTING = "unix:mode,uid,gid,rdev,ino";

  private static final Map<String, Integer> QUIET =
      Map.of("/etc", 20, "/usr/bin", 1, "/usr/sbin", 1, "/usr/lib", 1, "/usr/local", 3, "/boot", 1);

  private static final List<String> BUSY =
      List.of("/", "/dev", "/home", "/opt", "/srv", "/usr", "/var", "/var/lib", "/var/spool");

  private static final List<String> SETTINGS =
      List.of("core_pattern", "modprobe", "hostname", "domainname", "cap_last_cap");

  private HostPicture() {}

  /** Files of the system, and what the kernel is told. */
  static Map<String, String> system() throws IOException {
    Map<String, String> picture = new TreeMap<>();
    for (Map.Entry<String, Integer> root : QUIET.entrySet()) {
      walk(Path.of(root.getKey()), root.getValue(), ALL, picture);
    }
    for (String root : BUSY) {
      walk(Path.of(root), 1, LASTING, picture);
    }
    for (String setting : SETTINGS) {
      Path file = Path.of("/proc/sys/kernel", setting);
      picture.put(file.toString(), Files.exists(file) ? Files.readString(file) : "none");
    }
    return picture;
  }

  /**
   * Mounts, processes and descriptors.
   *
   * @param own the directory of the test; what is mounted in other temporary ones is of others
   */
  static Map<String, String> live(Path own) throws IOException {
    Map<String, String> picture = new TreeMap<>();
    mounts(own, picture);
    ProcessHandle.current()
        .descendants()
        .forEach(p -> picture.put("process " + p.pid(), p.info().command().orElse("")));
    descriptors(own, picture);
    return picture;
  }

  /** What one has and the other has not. */
  static List<String> changes(Map<String, String> before, Map<String, String> after) {
    List<String> changes = new ArrayList<>();
    before.forEach((k, v) -> add(changes, "- ", k, v, v.equals(after.get(k))));
    after.forEach((k, v) -> add(changes, "+ ", k, v, v.equals(before.get(k))));
    return changes;
  }

  private static void add(
      List<String> changes, String sign, String name, String facts, boolean same) {
    if (!same) {
      changes.add(sign + name + " " + facts);
    }
  }

  private static void walk(Path root, int depth, String facts, Map<String, String> picture)
      throws IOException {
    Set<FileVisitOption> noLinks = EnumSet.noneOf(FileVisitOption.class);
    Files.walkFileTree(
        root,
        noLinks,
        depth,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path path, BasicFileAttributes attributes)
              throws IOException {
            return visitFile(path, attributes);
          }

          @Override
          public FileVisitResult visitFile(Path path, BasicFileAttributes attributes)
              throws IOException {
            if (!path.toString().startsWith("/dev/loop")) {
              Map<String, Object> status =
                  Files.readAttributes(path, facts, LinkOption.NOFOLLOW_LINKS);
              picture.put(path.toString(), new TreeMap<>(status).toString());
            }
            return FileVisitResult.CONTINUE;
          }

          /** Not every system has them all. */
          @Override
          public FileVisitResult visitFileFailed(Path path, IOException e) throws IOException {
            if (e instanceof NoSuchFileException) {
              return FileVisitResult.CONTINUE;
            }
            throw e;
          }
        });
  }

  private static void mounts(Path own, Map<String, String> picture) throws IOException {
    String temporary = System.getProperty("java.io.tmpdir") + "/";
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/mountinfo"))) {
      lines
          .filter(
              line -> !line.contains(" " + temporary) || line.contains(" " + own.toAbsolutePath()))
          .forEach(line -> picture.put("mount " + line, ""));
    }
  }

  private static void descriptors(Path own, Map<String, String> picture) throws IOException {
    try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
      for (Path descriptor : all.toList()) {
        String target = target(descriptor);
        if (target.startsWith(own.toString())) {
          picture.merge("descriptor of " + target, "1", (one, more) -> one + more);
        }
      }
    }
  }

  private static String target(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString();
    } catch (IOException e) {
      // Closed since, as that of the listing itself.
      return "";
    }
  }
}
