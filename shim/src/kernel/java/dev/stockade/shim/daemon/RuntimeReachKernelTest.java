package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.ExecSyncResponse;
import dev.stockade.cri.v1.KeyValue;
import dev.stockade.cri.v1.Mount;
import io.grpc.StatusRuntimeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a container reaches of the runtime, of the node and of its neighbours through it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
class RuntimeReachKernelTest {
  private HostileNode node;
  private String pod;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    node = HostileNode.start(directory, new HostileImage());
    pod = node.pod("plain");
  }

  @AfterAll
  void end() throws Exception {
    if (node != null) {
      node.end();
    }
  }

  /** CVE-2022-31030, CVE-2022-1708: a command's output is bounded, whatever it writes. */
  @Test
  void theOutputOfACommandIsBounded() throws Exception {
    String id = node.start(pod, node.container("sleep", "600"));
    ExecSyncResponse said =
        node.client.exec(id, 60, "sh", "-c", "head -c 50000000 /dev/zero; echo end >&2");
    assertThat(said.getStdout().size()).isEqualTo(16 << 20);
    assertThat(said.getStderr().toStringUtf8()).isEqualTo("end\n");
    assertThat(said.getExitCode()).isZero();
    assertThatThrownBy(() -> node.client.exec(id, 1, "yes"))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining("DEADLINE_EXCEEDED");
    assertThat(node.client.exec(id, 10, "pidof", "yes").getExitCode()).isEqualTo(1);
    node.client.stop(id, 0);
    node.client.remove(id);
  }

  /** CVE-2020-15257: nothing of the runtime's listens where the host's network can reach it. */
  @Test
  void noSocketOfTheRuntimeIsAbstract() throws Exception {
    String id =
        node.start(pod, node.container("sh", "-c", "cat /proc/net/unix; echo end; sleep 600"));
    Wait.until("the whole list", () -> node.output(id).endsWith("\nend\n"));
    Set<String> own = new HashSet<>();
    for (int pid :
        List.of(
            (int) ProcessHandle.current().pid(),
            node.serve(),
            HostileNode.parent(node.client.pid(id)))) {
      own.addAll(sockets(pid));
    }
    List<String> named = new ArrayList<>();
    for (String line : node.output(id).split("\n", -1)) {
      String[] fields = line.trim().split("\\s+", 8);
      if (fields.length == 8 && own.contains(fields[6])) {
        assertThat(fields[7]).as(line).doesNotStartWith("@");
        named.add(fields[7]);
      }
    }
    assertThat(named).anyMatch(path -> path.endsWith("/control")).hasSizeGreaterThan(1);
    assertThat(own).hasSizeGreaterThan(3);
    node.client.stop(id, 0);
    node.client.remove(id);
  }

  private static Set<String> sockets(int pid) throws Exception {
    Set<String> inodes = new HashSet<>();
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/" + pid + "/fd"))) {
      for (Path descriptor : descriptors.toList()) {
        if (!Files.exists(descriptor, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
          continue;
        }
        String target = Files.readSymbolicLink(descriptor).toString();
        if (target.startsWith("socket:[")) {
          inodes.add(target.substring("socket:[".length(), target.length() - 1));
        }
      }
    }
    return inodes;
  }

  /** CVE-2021-41103, CVE-2024-25621: nobody but root enters the directories of the runtime. */
  @Test
  void theDirectoriesAreForTheirOwnerOnly() throws Exception {
    String id = node.start(pod, node.container("sleep", "600"));
    for (Path directory :
        List.of(
            node.config.root(),
            node.config.runDir(),
            node.config.runDir().resolve("warden"),
            node.config.runDir().resolve("containers").resolve(id))) {
      assertThat(Files.getPosixFilePermissions(directory))
          .as(directory.toString())
          .isEqualTo(PosixFilePermissions.fromString("rwx------"));
      assertThat(Files.getAttribute(directory, "unix:uid")).isEqualTo(0);
    }
    try (Stream<Path> all = Files.walk(node.config.runDir())) {
      for (Path path : all.filter(p -> p.toString().endsWith(".sock")).toList()) {
        assertThat(Files.getPosixFilePermissions(path))
            .as(path.toString())
            .isEqualTo(PosixFilePermissions.fromString("rw-------"));
      }
    }
    node.client.stop(id, 0);
    node.client.remove(id);
  }

  /** Must not have them mounted either, unless it is privileged. */
  @Test
  void theDirectoriesAreNoVolumes() throws Exception {
    Path link = Files.createSymbolicLink(node.directory.resolve("link"), node.config.runDir());
    for (Path source :
        List.of(
            node.config.runDir(),
            node.config.runDir().resolve("warden"),
            node.config.root().resolve("containers"),
            link,
            link.resolve("../run/warden"))) {
      ContainerConfig.Builder container =
          node.container("true")
              .addMounts(Mount.newBuilder().setContainerPath("/v").setHostPath(source.toString()));
      assertThat(node.refusal(pod, container)).contains("mounts[0].host_path");
    }
  }

  /** CVE-2025-0750: the log is a file beneath the pod's log directory. */
  @Test
  void aLogIsWrittenBeneathItsDirectoryOnly() throws Exception {
    Path logs = Files.createDirectories(node.logs("plain"));
    Files.createSymbolicLink(logs.resolve("out"), node.outside);
    Files.createSymbolicLink(logs.resolve("file.log"), node.outside.resolve("file.log"));
    assertThat(new ProcessBuilder("mkfifo", logs.resolve("fifo").toString()).start().waitFor())
        .isZero();
    for (String path :
        List.of("../x.log", "/x.log", "a/../../x.log", "out/x.log", "file.log", "fifo", "", ".")) {
      ContainerConfig.Builder container = node.container("echo", "x").setLogPath(path);
      if (path.isEmpty()) {
        node.client.remove(node.start(pod, container));
      } else {
        assertThat(node.refusal(pod, container)).as(path).contains("log_path");
      }
    }
    assertThat(node.outside).isEmptyDirectory();
  }

  /** CVE-2021-21334: what one container has in its environment, another of its image has not. */
  @Test
  void environmentsAreNotShared() throws Exception {
    List<String> ids = new ArrayList<>();
    List<Thread> threads = new ArrayList<>();
    Map<Integer, String> said = new java.util.concurrent.ConcurrentHashMap<>();
    for (int i = 0; i < 8; i++) {
      int number = i;
      String id =
          node.client.create(
              pod,
              node.container("sh", "-c", "env | grep -c SECRET; echo $SECRET" + i)
                  .addEnvs(
                      KeyValue.newBuilder()
                          .setKey("SECRET" + i)
                          .setValue(ByteString.copyFromUtf8("value" + i))));
      ids.add(id);
      threads.add(
          new Thread(
              () -> {
                node.client.start(id);
                said.put(number, id);
              }));
    }
    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(said).hasSize(8);
    for (int i = 0; i < 8; i++) {
      node.client.awaitEnd(ids.get(i));
      assertThat(node.output(ids.get(i))).isEqualTo("1\nvalue" + i + "\n");
      node.client.remove(ids.get(i));
    }
  }

  /**
   * CVE-2020-8557: what a container writes to the files of its pod does not fill the node's disk.
   */
  @Test
  void thePodsFilesAreBounded() throws Exception {
    String write =
        "head -c 10000000 /dev/zero 2>/dev/null >> /etc/hosts; echo $?; wc -c < /etc/hosts";
    String[] said = node.run(pod, node.container("sh", "-c", write)).output().split("\n", -1);
    assertThat(said[0]).isEqualTo("1");
    assertThat(Integer.parseInt(said[1])).isBetween(1, 256 << 10);
  }

  /** What a container uses up is not charged to whoever watches it: CVE-2019-14891. */
  @Test
  void monitorsAreInNoCgroupOfAContainer() throws Exception {
    String id = node.start(pod, node.container("sleep", "600"));
    int process = node.client.pid(id);
    String monitors = node.config.cgroup().parent() + "/monitors";
    assertThat(cgroup(HostileNode.parent(process))).endsWith(monitors);
    assertThat(cgroup(process)).contains(id).doesNotContain("/monitors");
    node.client.stop(id, 0);
    node.client.remove(id);
  }

  private static String cgroup(int pid) throws Exception {
    try (Stream<String> lines = Files.lines(Path.of("/proc/" + pid + "/cgroup"))) {
      return lines.filter(line -> line.startsWith("0::")).findFirst().orElseThrow();
    }
  }
}
