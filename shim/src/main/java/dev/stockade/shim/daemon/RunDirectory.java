package dev.stockade.shim.daemon;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Listing;
import dev.stockade.launcher.linux.Resolution;
import dev.stockade.shim.node.NodePaths;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * The directory of this boot. Where it is not on a file system that a reboot empties, what an
 * earlier boot left is removed: its process numbers and pins mean nothing any more.
 */
final class RunDirectory {
  private static final System.Logger LOG = System.getLogger(RunDirectory.class.getName());
  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");
  private static final String MARK = "boot_id";
  private static final String CGROUP = "cgroup";
  private static final String PODS = "pods";
  private static final int LONGEST = 64;
  private static final int LONGEST_CGROUP = 4096;
  private static final int MOST = 1 << 20;
  private static final Duration REMOVAL = Duration.ofMinutes(2);

  private RunDirectory() {}

  /** Makes it ready and returns the identifier of this boot. */
  static String open(NodePaths paths) throws IOException {
    String bootId = Files.readString(BOOT_ID).strip();
    try (Directory run = Directory.openPrivate(paths.run())) {
      String marked =
          run.readIfPresent(MARK, LONGEST)
              .map(bytes -> new String(bytes, StandardCharsets.US_ASCII))
              .orElse(bootId);
      if (!marked.equals(bootId)) {
        for (Listing.Name name : run.list(MOST)) {
          run.removeTree(name.name(), REMOVAL);
        }
      }
      run.writeAtomically(MARK, bootId.getBytes(StandardCharsets.US_ASCII), 0600);
      run.makeDirectories(PODS, 0700);
      run.makeDirectories("containers", 0700);
    }
    return bootId;
  }

  /** As {@link #cgroup}, of a daemon that runs or ran; changes nothing. */
  static String look(NodePaths paths, String wanted) throws IOException {
    if (!Files.isDirectory(paths.run())) {
      return wanted;
    }
    try (Directory run = Directory.open(paths.run(), Resolution.BENEATH)) {
      return run.readIfPresent(CGROUP, LONGEST_CGROUP)
          .map(bytes -> new String(bytes, StandardCharsets.UTF_8))
          .orElse(wanted);
    }
  }

  /**
   * The cgroup that pods are found in: the one wanted, unless pods of this boot are there that an
   * earlier daemon made in another.
   */
  static String cgroup(NodePaths paths, String wanted) throws IOException {
    try (Directory run = Directory.openPrivate(paths.run());
        Directory pods = run.directory(PODS)) {
      String before =
          run.readIfPresent(CGROUP, LONGEST_CGROUP)
              .map(bytes -> new String(bytes, StandardCharsets.UTF_8))
              .orElse(wanted);
      if (!before.equals(wanted) && !pods.list(MOST).isEmpty()) {
        LOG.log(
            System.Logger.Level.WARNING,
            "pods are in the cgroup {0}; it stays in use instead of {1} until they are removed",
            before,
            wanted);
        return before;
      }
      run.writeAtomically(CGROUP, wanted.getBytes(StandardCharsets.UTF_8), 0600);
      return wanted;
    }
  }
}
