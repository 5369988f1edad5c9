package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.shim.config.Config;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What of a node decides what becomes of a container: asked of the kernel, not of the runtime.
 *
 * @param available the capabilities that the daemon itself may have, a bit each
 * @param controllers of cgroup2
 * @param scratch holds what containers mount: a volume, a file, a link to the volume, a profile
 * @param own a directory of the daemon
 */
record ContextNode(long available, Set<String> controllers, Path cgroups, Path scratch, Path own) {
  private static final Path MOUNTS = Path.of("/proc/self/mountinfo");
  private static final Path DEV = Path.of("/dev");
  private static final Set<String> SHOWN_FLAGS =
      Set.of("noatime", "nodev", "nodiratime", "noexec", "nosuid", "nosymfollow", "ro");

  /** A mount of the host. */
  private record HostMount(Path point, Set<String> flags, String shared, String type) {
    static HostMount parse(String line) {
      String[] halves = line.split(" - ", 2);
      String[] words = halves[0].split(" ", 7);
      Set<String> flags = new TreeSet<>(List.of(words[5].split(",", -1)));
      flags.retainAll(SHOWN_FLAGS);
      String shared = words.length > 6 ? words[6] : "";
      return new HostMount(Path.of(words[4]), flags, shared, halves[1].split(" ", 2)[0]);
    }
  }

  /** Makes what containers mount. */
  static ContextNode in(Path directory, Config config) throws Exception {
    Path scratch = Files.createDirectory(directory.resolve("scratch"));
    Files.createDirectories(scratch.resolve("volume/inner"));
    Files.createFile(scratch.resolve("file"));
    Path shared = Files.createDirectory(scratch.resolve("shared"));
    command("mount", "-t", "tmpfs", "none", shared.toString());
    command("mount", "--make-shared", shared.toString());
    Files.createDirectory(shared.resolve("inner"));
    Files.createSymbolicLink(scratch.resolve("link"), scratch.resolve("volume"));
    Files.writeString(scratch.resolve("profile.json"), "{\"defaultAction\": \"SCMP_ACT_ALLOW\"}\n");
    long available = Long.parseUnsignedLong(ProbeNode.onHost("state").of("bounding"), 16);
    Path cgroups =
        mounts().stream()
            .filter(mount -> mount.type().equals("cgroup2"))
            .findFirst()
            .orElseThrow()
            .point();
    String controllers = Files.readString(cgroups.resolve("cgroup.controllers"));
    return new ContextNode(
        available, Set.of(controllers.strip().split(" ", -1)), cgroups, scratch, config.runDir());
  }

  /** Takes away what is mounted for containers. */
  void end() throws Exception {
    command("umount", scratch.resolve("shared").toString());
  }

  private static void command(String... words) throws Exception {
    assertThat(new ProcessBuilder(words).inheritIO().start().waitFor()).isZero();
  }

  private static List<HostMount> mounts() {
    return read(MOUNTS).lines().map(HostMount::parse).toList();
  }

  private static HostMount holding(Path path) {
    return mounts().stream()
        .filter(mount -> path.startsWith(mount.point()))
        .max(Comparator.comparing(mount -> mount.point().getNameCount()))
        .orElseThrow();
  }

  String profile() {
    return scratch.resolve("profile.json").toString();
  }

  /** What is found there behind links. */
  static Path real(String path) {
    try {
      return Path.of(path).toRealPath();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static boolean exists(String path) {
    return Files.exists(Path.of(path));
  }

  /** The type of a directory's file system. */
  static String type(Path path) {
    return holding(path).type();
  }

  /** What the mount that a directory is on keeps everybody from, by the words of mountinfo. */
  static Set<String> flags(Path path) {
    return holding(path).flags();
  }

  /**
   * What all mounts of a recursive bind have that is read-only throughout.
   *
   * @param top what the topmost has
   */
  static Set<String> throughout(Path tree, Set<String> top) {
    Set<String> common = new TreeSet<>(top);
    for (HostMount mount : mounts()) {
      if (mount.point().startsWith(tree) && !mount.point().equals(tree)) {
        common.removeIf(flag -> !flag.equals("ro") && !mount.flags().contains(flag));
      }
    }
    return common;
  }

  /**
   * Whether mounts that are made there later reach others.
   *
   * @param ways a pattern of the optional fields of mountinfo, proc_pid_mountinfo(5)
   */
  static boolean propagates(Path path, String ways) {
    return Pattern.compile(ways).matcher(holding(path).shared()).find();
  }

  static String hostname() {
    return read(Path.of("/proc/sys/kernel/hostname")).strip();
  }

  /** The daemon's own hard limits, by the words of the kernel's table. */
  static Map<String, String> hardLimits() {
    Map<String, String> limits = new TreeMap<>();
    read(Path.of("/proc/self/limits"))
        .lines()
        .skip(1)
        .forEach(line -> limits.put(line.substring(0, 26).strip(), line.substring(47, 68).strip()));
    return limits;
  }

  /** Every device of the host's /dev that is no other file system's, with its number. */
  static Map<String, String> devices() {
    Map<String, String> nodes = new TreeMap<>();
    try {
      Set<Path> points = mounts().stream().map(HostMount::point).collect(Collectors.toSet());
      Files.walkFileTree(
          DEV,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path at, BasicFileAttributes attributes) {
              return !at.equals(DEV) && points.contains(at)
                  ? FileVisitResult.SKIP_SUBTREE
                  : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path at, BasicFileAttributes attributes)
                throws IOException {
              // The console is that of the host's own terminals.
              if (attributes.isOther() && !at.equals(DEV.resolve("console"))) {
                number(at).ifPresent(number -> nodes.put(at.toString(), number));
              }
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return nodes;
  }

  /** Whether everybody may read or write it. */
  static boolean open(String path) {
    try {
      Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(Path.of(path));
      return permissions.contains(PosixFilePermission.OTHERS_READ)
          || permissions.contains(PosixFilePermission.OTHERS_WRITE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Type, major and minor of a device of the host. */
  static String number(String path) {
    try {
      return number(Path.of(path)).orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Optional<String> number(Path node) throws IOException {
    Map<String, Object> found =
        Files.readAttributes(node, "unix:mode,rdev", LinkOption.NOFOLLOW_LINKS);
    int type = (int) Objects.requireNonNull(found.get("mode")) & 0170000;
    long device = (long) Objects.requireNonNull(found.get("rdev"));
    // As makedev(3) puts them together.
    long major = ((device >> 8) & 0xfff) | ((device >> 32) & ~0xfffL);
    long minor = (device & 0xff) | ((device >> 12) & 0xffffff00L);
    String number = major + ":" + minor;
    return switch (type) {
      case 0020000 -> Optional.of("c " + number);
      case 0060000 -> Optional.of("b " + number);
      default -> Optional.empty();
    };
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
