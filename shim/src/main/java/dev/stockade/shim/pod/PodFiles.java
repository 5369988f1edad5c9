package dev.stockade.shim.pod;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.Listing;
import dev.stockade.launcher.linux.Mounts;
import dev.stockade.launcher.linux.Resolution;
import dev.stockade.launcher.linux.SyscallException;
import dev.stockade.shim.call.CallFailure;
import dev.stockade.shim.intent.PodIntent;
import dev.stockade.shim.lsm.SelinuxLabels;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;

/**
 * The files and the shared memory of one pod, in file systems of their own: what a container writes
 * to them is bounded and cannot fill the node's disk (CVE-2020-8557).
 *
 * @param directory the pod's own, of mode 0700
 */
record PodFiles(Path directory) {
  private static final String FILES = "files";
  private static final String SHARED_MEMORY = "shm";

  /** In the order they are written. */
  private static final List<String> NAMES = List.of("hosts", "hostname", "resolv.conf");

  /** How many other labels the containers of one pod can have had. */
  private static final int MOST_COPIES = 64;

  /**
   * Names in a pod's directory: shared memory, files and their copies, namespaces, first process.
   */
  private static final int MOST_NAMES = 2 * MOST_COPIES;

  private static final List<String> FILES_OPTIONS =
      List.of("size=256k", "nr_inodes=16", "mode=755");
  private static final List<String> SHARED_MEMORY_OPTIONS = List.of("size=65536k", "mode=1777");

  /** MOUNT_ATTR_NOSUID, NODEV and NOEXEC (mount_setattr(2)). */
  private static final long ATTRIBUTES = 0x2 | 0x4 | 0x8;

  /** What is taken at most of a file of the pod: more than its file system holds. */
  private static final int MAX_FILE = 256 << 10;

  /** What is taken at most of a file of the host. */
  private static final int MAX_HOST_FILE = 64 << 10;

  /** The pod's /dev/shm. */
  Path sharedMemory() {
    return directory.resolve(SHARED_MEMORY);
  }

  /** The files by their path in a container. */
  Map<String, Path> byTarget() {
    return byTarget(directory.resolve(FILES));
  }

  /** Those of a container whose label is not the pod's: {@link #copy} makes them. */
  Map<String, Path> byTarget(String label) {
    return byTarget(directory.resolve(copyName(label)));
  }

  private static Map<String, Path> byTarget(Path place) {
    Map<String, Path> files = new TreeMap<>();
    for (String name : NAMES) {
      files.put("/etc/" + name, place.resolve(name));
    }
    return files;
  }

  /** A label may be longer than a name. */
  private static String copyName(String label) {
    return FILES + "." + UUID.nameUUIDFromBytes(label.getBytes(StandardCharsets.UTF_8));
  }

  /** Makes both file systems, empty, labelled for the pod's containers where there is SELinux. */
  void mount(Optional<SelinuxLabels> labels) throws IOException {
    String context = labels.map(SelinuxLabels::file).orElse("");
    try (Directory home = Directory.open(directory, Resolution.BENEATH)) {
      mount(home, SHARED_MEMORY, SHARED_MEMORY_OPTIONS, context);
      mount(home, FILES, FILES_OPTIONS, context);
    }
  }

  /**
   * Copies the files for containers of another label, which may not read the pod's; they are in a
   * file system of their own, because one has one label. Repeatable.
   */
  void copy(String label) throws IOException, CallFailure {
    String name = copyName(label);
    try (Directory home = Directory.open(directory, Resolution.BENEATH)) {
      // What an earlier daemon left half made has not its last file.
      if (home.status(name + "/" + NAMES.get(NAMES.size() - 1)).isPresent()) {
        return;
      }
      requireFew(home);
      if (home.status(name).isPresent()) {
        Mounts.detach(home, name);
      }
      mount(home, name, FILES_OPTIONS, label);
      try (Directory from = home.directory(FILES);
          Directory to = home.directory(name)) {
        for (String file : NAMES) {
          write(to, file, from.readBounded(file, MAX_FILE));
        }
      }
    }
  }

  private static void requireFew(Directory home) throws IOException, CallFailure {
    long copies =
        home.list(MOST_NAMES).stream().filter(n -> n.name().startsWith(FILES + ".")).count();
    if (copies >= MOST_COPIES) {
      throw new CallFailure(
          CallFailure.Kind.EXHAUSTED,
          "CreateContainer refused: linux.security_context.selinux_options.level: the containers of"
              + " this pod have had "
              + copies
              + " levels of their own; ask for one of these, or run a new pod");
    }
  }

  private static void mount(Directory home, String name, List<String> options, String context)
      throws IOException {
    home.makeDirectories(name, 0700);
    List<String> labelled = new ArrayList<>(options);
    if (!context.isEmpty()) {
      labelled.add("context=" + context);
    }
    try (Fd mount = Mounts.fileSystem("tmpfs", labelled, ATTRIBUTES);
        Fd target = home.openPath(name)) {
      Mounts.attach(mount, target, home + "/" + name);
    }
  }

  /** Writes the files; the addresses are known once the network is. */
  void write(String hostname, List<String> addresses, PodIntent intent, boolean hostNetwork)
      throws IOException {
    String hosts = hostNetwork ? hostFile("/etc/hosts") : PodFileText.hosts(hostname, addresses);
    String resolver =
        intent.dns().isEmpty() ? hostFile("/etc/resolv.conf") : PodFileText.resolver(intent.dns());
    try (Directory files = Directory.open(directory.resolve(FILES), Resolution.BENEATH)) {
      write(files, "hosts", hosts.getBytes(StandardCharsets.UTF_8));
      write(files, "hostname", (hostname + "\n").getBytes(StandardCharsets.UTF_8));
      write(files, "resolv.conf", resolver.getBytes(StandardCharsets.UTF_8));
    }
  }

  private static void write(Directory files, String name, byte[] text) throws IOException {
    try (Fd file = files.createFile(name, 0644)) {
      file.output().write(text);
      // The daemon's umask is none of the container's business.
      file.mode(0644);
    }
  }

  private static String hostFile(String path) throws IOException {
    Path file = Path.of(path);
    if (!Files.exists(file)) {
      return "";
    }
    try (var in = Files.newInputStream(file)) {
      return new String(in.readNBytes(MAX_HOST_FILE), StandardCharsets.UTF_8);
    }
  }

  /** Takes all file systems away; repeatable. */
  void unmount() throws SyscallException {
    if (!Files.exists(directory)) {
      return;
    }
    try (Directory home = Directory.open(directory, Resolution.BENEATH)) {
      for (Listing.Name entry : home.list(MOST_NAMES)) {
        if (entry.name().equals(SHARED_MEMORY) || entry.name().startsWith(FILES)) {
          Mounts.detach(home, entry.name());
        }
      }
    }
  }
}
