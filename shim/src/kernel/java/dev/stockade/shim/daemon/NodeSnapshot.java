package dev.stockade.shim.daemon;

import dev.stockade.launcher.linux.Cgroup2;
import dev.stockade.shim.config.Config;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Everything a request could leave on the node, a line each: processes, cgroups, mounts of the
 * daemon and of warden, files with their content, pins among them, and descriptors.
 */
record NodeSnapshot(Set<String> lines) {
  /** Descriptors that the daemon opens for a launch; those of its runtime and sockets vary. */
  private static final List<String> OF_LAUNCHES =
      List.of("anon_inode:[pidfd]", "/memfd:", "anon_inode:[fscontext]", "net:[", "uts:[", "ipc:[");

  private static final int LARGEST_READ = 1 << 20;

  /** The node as it is now, as far as it is this daemon's: beneath its directory and cgroup. */
  static NodeSnapshot of(Config config, Path directory) throws IOException {
    Set<String> lines = new TreeSet<>();
    Path cgroup =
        Cgroup2.find()
            .orElseThrow()
            .mountPoint()
            .resolve(config.cgroup().parent().substring(1))
            .toAbsolutePath();
    Set<Long> processes = cgroups(cgroup, lines);
    descendants(processes);
    for (long pid : processes) {
      String command = read("/proc/" + pid + "/cmdline").replace('\0', ' ').strip();
      lines.add("process " + pid + " " + command);
      if (command.contains(" serve")) {
        mounts("/proc/" + pid + "/mountinfo", directory.toString(), lines);
        descriptors(Path.of("/proc/" + pid + "/fd"), List.of(""), lines);
      }
    }
    mounts("/proc/self/mountinfo", directory.toString(), lines);
    List<String> own = new ArrayList<>(OF_LAUNCHES);
    own.add(directory.toString());
    descriptors(Path.of("/proc/self/fd"), own, lines);
    files(directory, lines);
    return new NodeSnapshot(lines);
  }

  /** What is there now and was not, and the other way round. */
  List<String> changesTo(NodeSnapshot later) {
    List<String> changes = new ArrayList<>();
    later.lines.stream().filter(line -> !lines.contains(line)).forEach(l -> changes.add("+ " + l));
    lines.stream().filter(line -> !later.lines.contains(line)).forEach(l -> changes.add("- " + l));
    return changes;
  }

  /**
   * Waits until the node is as it was here, and returns what stays different.
   *
   * @param expected parts of paths of files and directories that may differ
   */
  List<String> awaitAgain(Config config, Path directory, long nanos, String... expected)
      throws IOException, InterruptedException {
    long end = System.nanoTime() + nanos;
    while (true) {
      List<String> changes =
          changesTo(of(config, directory)).stream()
              .filter(line -> !(isFile(line) && Stream.of(expected).anyMatch(line::contains)))
              .toList();
      if (changes.isEmpty() || System.nanoTime() > end) {
        return changes;
      }
      Thread.sleep(20);
    }
  }

  private static boolean isFile(String line) {
    return line.startsWith("file ", 2) || line.startsWith("directory ", 2);
  }

  private static Set<Long> cgroups(Path parent, Set<String> lines) throws IOException {
    Set<Long> processes = new TreeSet<>();
    List<Path> found;
    try (Stream<Path> tree = Files.walk(parent)) {
      found = tree.filter(Files::isDirectory).toList();
    } catch (UncheckedIOException e) {
      return cgroups(parent, lines);
    }
    for (Path cgroup : found) {
      lines.add("cgroup " + cgroup);
      read(cgroup.resolve("cgroup.procs").toString())
          .lines()
          .map(Long::valueOf)
          .forEach(processes::add);
    }
    return processes;
  }

  /** Adds all descendants, wherever their cgroup is. */
  private static void descendants(Set<Long> processes) throws IOException {
    Map<Long, Long> parents = new HashMap<>();
    try (Stream<Path> all = Files.list(Path.of("/proc"))) {
      all.filter(path -> path.getFileName().toString().matches("[0-9]+"))
          .forEach(path -> parents.put(Long.valueOf(path.getFileName().toString()), parent(path)));
    }
    boolean more = true;
    while (more) {
      more = false;
      for (Map.Entry<Long, Long> entry : parents.entrySet()) {
        more |= processes.contains(entry.getValue()) && processes.add(entry.getKey());
      }
    }
  }

  private static long parent(Path process) {
    try {
      return read(process + "/status")
          .lines()
          .filter(line -> line.startsWith("PPid:"))
          .mapToLong(line -> Long.parseLong(line.substring(5).strip()))
          .findFirst()
          .orElse(0);
    } catch (IOException e) {
      return 0;
    }
  }

  private static void mounts(String file, String containing, Set<String> lines) throws IOException {
    read(file).lines().filter(l -> l.contains(containing)).forEach(l -> lines.add(file + " " + l));
  }

  private static void descriptors(Path directory, List<String> beginnings, Set<String> lines)
      throws IOException {
    Map<String, Integer> counts = new HashMap<>();
    try (Stream<Path> all = Files.list(directory)) {
      for (Path descriptor : all.toList()) {
        String target = link(descriptor);
        if (!target.isEmpty() && beginnings.stream().anyMatch(target::startsWith)) {
          counts.merge(target, 1, Integer::sum);
        }
      }
    }
    counts.forEach((target, count) -> lines.add(directory + " " + target + " x " + count));
  }

  private static String link(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString();
    } catch (IOException e) {
      // Closed since it was listed, as the descriptor of the listing itself.
      return "";
    }
  }

  private static void files(Path directory, Set<String> lines) throws IOException {
    Files.walkFileTree(
        directory,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path path, BasicFileAttributes attributes) {
            lines.add("directory " + path);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path path, BasicFileAttributes attributes)
              throws IOException {
            lines.add("file " + path + " " + content(path, attributes));
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path path, IOException e) throws IOException {
            if (e instanceof NoSuchFileException) {
              return FileVisitResult.CONTINUE;
            }
            throw e;
          }
        });
  }

  private static String content(Path path, BasicFileAttributes attributes) throws IOException {
    if (!attributes.isRegularFile() || attributes.size() > LARGEST_READ) {
      return attributes.size() + " bytes";
    }
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(path));
      return HexFormat.of().formatHex(digest, 0, 8);
    } catch (NoSuchFileException e) {
      return "gone";
    } catch (IOException e) {
      // A pin of a namespace cannot be read.
      return "pin";
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String read(String file) throws IOException {
    try {
      return Files.readString(Path.of(file));
    } catch (NoSuchFileException e) {
      return "";
    } catch (IOException e) {
      if (String.valueOf(e.getMessage()).contains("No such process")) {
        return "";
      }
      throw e;
    }
  }
}
