package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.cri.v1.Capability;
import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.NamespaceMode;
import dev.stockade.shim.cli.manifest.KubeletDefaults;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every masked and read-only path read and written from inside. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
class PathMatrixKernelTest {
  private static final int MOST_BENEATH = 20;

  /** Of the image. */
  private static final List<String> OWN_MASKED = List.of("/of-other", "/bin");

  private ProbeNode node;
  private String plain;
  private String mapped;
  private String hostPid;

  /** Files beneath the read-only paths that somebody may write. */
  private List<String> beneath;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    node = ProbeNode.start(directory);
    plain = node.pod("plain");
    mapped = node.pod("mapped", ProbeNode.userNamespace());
    hostPid = node.pod("host-pid", HostileNode.host(NamespaceMode.NODE));
    beneath = new ArrayList<>();
    for (String path : KubeletDefaults.READ_ONLY_PATHS) {
      beneath.addAll(writable(Path.of(path)));
    }
    beneath.add("/proc/sys/kernel/core_pattern");
    assertThat(beneath).contains("/proc/sys/kernel/core_pattern").hasSizeGreaterThan(20);
  }

  @AfterAll
  void end() throws Exception {
    if (node != null) {
      node.end();
    }
  }

  private static List<String> writable(Path path) throws IOException {
    if (!Files.exists(path)) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(path, 4)) {
      return files
          .filter(Files::isRegularFile)
          .filter(PathMatrixKernelTest::isWritable)
          .limit(MOST_BENEATH)
          .map(Path::toString)
          .toList();
    }
  }

  private static boolean isWritable(Path file) {
    try {
      return ((int) Files.getAttribute(file, "unix:mode") & 0222) != 0;
    } catch (IOException e) {
      return false;
    }
  }

  /** Who looks, and where. */
  private enum Viewer {
    ROOT,
    ALL_CAPABILITIES,
    NOBODY,
    MAPPED_ROOT,
    HOST_PID
  }

  private String podOf(Viewer viewer) {
    return viewer == Viewer.MAPPED_ROOT ? mapped : viewer == Viewer.HOST_PID ? hostPid : plain;
  }

  private ContainerConfig.Builder viewing(Viewer viewer, List<String> paths) {
    List<String> words = new ArrayList<>(List.of("paths"));
    words.addAll(paths);
    ContainerConfig.Builder container = node.container(words.toArray(String[]::new));
    if (viewer == Viewer.NOBODY) {
      return ProbeNode.as(65_534, container);
    }
    if (viewer == Viewer.ALL_CAPABILITIES) {
      ProbeNode.security(container)
          .setCapabilities(Capability.newBuilder().addAddCapabilities("ALL"));
    }
    return container;
  }

  @ParameterizedTest
  @EnumSource
  void whatIsMaskedCannotBeSeen(Viewer viewer) throws Exception {
    List<String> paths = new ArrayList<>(KubeletDefaults.MASKED_PATHS);
    paths.addAll(OWN_MASKED);
    Probed open = node.run(podOf(viewer), viewing(viewer, paths));
    ContainerConfig.Builder container = viewing(viewer, paths);
    ProbeNode.security(container).addAllMaskedPaths(paths);
    Probed masked = node.runWithCommand(podOf(viewer), container);
    int seen = 0;
    for (String path : paths) {
      String kind = open.of("kind." + path);
      if (kind.equals("directory")) {
        assertThat(masked.of("kind." + path)).as(path).isEqualTo("directory");
        assertThat(masked.of("read." + path)).as(path).isEqualTo("0 entries");
        assertThat(masked.of("write." + path)).as(path).isEqualTo("EROFS");
        seen++;
      } else if (kind.equals("file")) {
        assertThat(masked.of("kind." + path)).as(path).isEqualTo("device");
        assertThat(masked.of("read." + path)).as(path).isEqualTo("empty");
        seen++;
      } else {
        assertThat(masked.of("kind." + path)).as(path).isEqualTo(kind);
      }
    }
    assertThat(seen).as("paths that are there: %s", open).isGreaterThan(5);
    assertThat(open.of("read./of-other")).isEqualTo("something");
  }

  /** It is the host's null device that is seen there, which root owns inside as well. */
  @Test
  void aMaskCannotBeChanged() throws Exception {
    ContainerConfig.Builder container = node.node.container("chmod", "0666", "/proc/keys");
    ProbeNode.security(container).addMaskedPaths("/proc/keys");
    assertThat(node.node.run(plain, container).output()).contains("Read-only file system");
  }

  @ParameterizedTest
  @EnumSource
  void whatIsReadOnlyCannotBeWritten(Viewer viewer) throws Exception {
    List<String> paths = new ArrayList<>(KubeletDefaults.READ_ONLY_PATHS);
    paths.addAll(beneath);
    Probed open = node.run(podOf(viewer), viewing(viewer, paths));
    ContainerConfig.Builder container = viewing(viewer, paths);
    ProbeNode.security(container).addAllReadonlyPaths(KubeletDefaults.READ_ONLY_PATHS);
    Probed closed = node.runWithCommand(podOf(viewer), container);
    int proven = 0;
    for (String path : paths) {
      assertThat(closed.of("kind." + path)).as(path).isEqualTo(open.of("kind." + path));
      if (open.values().containsKey("write." + path)) {
        String before = open.of("write." + path);
        String after = closed.of("write." + path);
        // Directories of procfs tell that there is no such entry before they tell that none can be
        // made.
        assertThat(after)
            .as("%s, %s without", path, before)
            .isIn("EROFS", "EACCES", "EPERM", before.equals("ENOENT") ? "ENOENT" : "EROFS");
        if (before.equals("done")) {
          assertThat(after).as(path).isEqualTo("EROFS");
          proven++;
        }
        assertThat(closed.of("read." + path)).as(path).isEqualTo(open.of("read." + path));
      }
    }
    if (viewer != Viewer.NOBODY && viewer != Viewer.MAPPED_ROOT) {
      assertThat(proven).as("paths that could be written without: %s", open).isGreaterThan(20);
    }
  }

  @Test
  void aReadOnlyRootIsReadOnlyToItsLastDirectory() throws Exception {
    List<String> paths = List.of("/", "/bin", "/tmp", "/etc", "/probe", "/dev/shm", "/sys");
    Map<String, String> open = node.run(plain, viewing(Viewer.ROOT, paths)).all("write.");
    assertThat(open).containsEntry("/", "done").containsEntry("/bin", "done");
    assertThat(open).containsEntry("/sys", "EROFS");
    for (Viewer viewer : List.of(Viewer.ROOT, Viewer.ALL_CAPABILITIES, Viewer.MAPPED_ROOT)) {
      ContainerConfig.Builder container = viewing(viewer, paths);
      ProbeNode.security(container).setReadonlyRootfs(true);
      Map<String, String> closed = node.runWithCommand(podOf(viewer), container).all("write.");
      for (String path : List.of("/", "/bin", "/tmp", "/etc", "/sys")) {
        assertThat(closed).containsEntry(path, "EROFS");
      }
      assertThat(closed).containsEntry("/dev/shm", "done");
    }
  }
}
