package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.ContainerStatus;
import dev.stockade.cri.v1.HugepageLimit;
import dev.stockade.shim.config.Config;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Limits bind, and the receipt says what the kernel says. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
final class LimitKernelTest implements BindingLimits {
  private static final long MEBIBYTE = 1 << 20;
  private static final String EAT = "tail /dev/zero";

  private Config config;
  private Daemon daemon;
  private CriClient client;
  private LimitedPod pod;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    config = Machine.config(directory);
    Machine.importBusybox(directory, config);
    daemon = Daemon.start(config, Machine.warden(), "test");
    client = new CriClient(config.socket(), directory.resolve("logs"));
    String id = client.run(client.pod("limits"));
    pod = new LimitedPod(client, id, directory, Machine.cgroup(config).resolve(id));
  }

  @AfterAll
  void end() throws Exception {
    if (client != null) {
      client.removeEverything();
      client.close();
      daemon.close();
      assertThat(Machine.leftovers(config)).isEmpty();
    }
  }

  @Override
  public LimitedPod limited() {
    return pod;
  }

  /** A container that goes on without one of its processes has not ended for want of memory. */
  @Test
  void whoOutlivesAKilledChildHasItsOwnEnd() throws Exception {
    Machine.requireControllers("memory");
    Map<String, String> reasons = Map.of("exit 0", "Completed", "exit 3", "Error");
    for (Map.Entry<String, String> end : reasons.entrySet()) {
      String id = pod.start(eater(end.getKey()));
      ContainerStatus ended = client.awaitEnd(id);
      assertThat(ended.getReason()).isEqualTo(end.getValue());
      assertThat(ended.getExitCode()).isEqualTo(end.getKey().endsWith("0") ? 0 : 3);
      assertThat(pod.log(id)).contains("child 137");
    }
    ContainerStatus passedOn = client.awaitEnd(pod.start(eater("exit 137")));
    assertThat(passedOn.getReason()).isEqualTo("OOMKilled");
  }

  @Test
  void allOfAGroupAreKilledWhereThatIsAskedFor() throws Exception {
    Machine.requireControllers("memory");
    ContainerConfig.Builder container = eater("exit 1");
    LimitedPod.resources(container).putUnified("memory.oom.group", "1");
    String id = pod.start(container);
    ContainerStatus ended = client.awaitEnd(id);
    assertThat(ended.getReason()).isEqualTo("OOMKilled");
    assertThat(ended.getExitCode()).isEqualTo(137);
    assertThat(pod.log(id)).doesNotContain("child");
  }

  /** A shell whose child takes more than there is. */
  private ContainerConfig.Builder eater(String end) {
    ContainerConfig.Builder container =
        pod.container(end.replace(' ', '-'), EAT + "; echo child $?; " + end);
    LimitedPod.resources(container).setMemoryLimitInBytes(16 * MEBIBYTE);
    return container;
  }

  /** Swap, memory.high, huge pages, disk: what else a request can ask for. */
  @Test
  void everyLimitOfARequestIsInTheKernelAndInTheReceipt() throws Exception {
    Machine.requireControllers("cpu", "cpuset", "hugetlb", "io", "memory", "pids");
    String disk = disk();
    String io = disk + " rbps=1048576 wbps=max riops=max wiops=100";
    ContainerConfig.Builder container = pod.container("all", "sleep 600");
    LimitedPod.resources(container)
        .setMemoryLimitInBytes(100 * MEBIBYTE + 5)
        .setMemorySwapLimitInBytes(150 * MEBIBYTE)
        .addHugepageLimits(HugepageLimit.newBuilder().setPageSize("2MB").setLimit(4 * MEBIBYTE))
        .putUnified("memory.high", "" + (80 * MEBIBYTE + 1))
        .putUnified("memory.low", "" + MEBIBYTE)
        .putUnified("memory.oom.group", "1")
        .putUnified("cpu.weight", "321")
        .putUnified("pids.max", "77")
        .putUnified("io.max", io);
    String id = pod.start(container);
    pod.requireLimits(
        id,
        Map.of(
            "memory.max", "" + 100 * MEBIBYTE,
            "memory.swap.max", "" + (50 * MEBIBYTE - 4096),
            "hugetlb.2MB.max", "" + 4 * MEBIBYTE,
            "memory.high", "" + 80 * MEBIBYTE,
            "memory.low", "" + MEBIBYTE,
            "memory.oom.group", "1",
            "cpu.weight", "321",
            "pids.max", "77",
            "io.max", io));
    client.stop(id, 0);
  }

  private static String disk() throws Exception {
    try (Stream<Path> disks = Files.list(Path.of("/sys/block"))) {
      Optional<Path> disk = disks.filter(d -> d.endsWith("vda")).findFirst();
      Assumptions.assumeTrue(disk.isPresent(), "needs a disk vda whose speed can be limited");
      return Files.readString(disk.orElseThrow().resolve("dev")).strip();
    }
  }

  /** What the kernel would take, and show in other words: no container comes of it. */
  @Test
  void aSpellingThatCannotBeReadBackIsRefused() throws Exception {
    Machine.requireControllers("cpu", "memory");
    for (List<String> wrong : List.of(List.of("memory.max", "100M"), List.of("cpu.max", "50000"))) {
      ContainerConfig.Builder container = pod.container("spelling", "true");
      LimitedPod.resources(container).putUnified(wrong.get(0), wrong.get(1));
      assertThatThrownBy(() -> client.create(pod.pod(), container))
          .hasMessageContaining("FAILED_PRECONDITION")
          .hasMessageContaining("linux.resources.unified")
          .hasMessageContaining(wrong.get(0) + " = \"" + wrong.get(1) + "\"");
    }
  }

  /** The whole pod is of one size, and its containers share it. */
  @Test
  void whatAPodsCgroupAllowsBindsItsContainers() throws Exception {
    Machine.requireControllers("pids");
    Path parent = Machine.kubeletCgroup(config);
    Files.createDirectory(parent);
    try {
      Files.writeString(parent.resolveSibling("cgroup.subtree_control"), "+pids");
      Files.writeString(parent.resolve("pids.max"), "6");
      var other = client.pod("sized");
      other.getLinuxBuilder().setCgroupParent("/" + parent.getFileName());
      String sized = client.run(other);
      String id = client.create(sized, pod.container("sized", "sleep 600"));
      client.start(id);
      assertThat(Files.readString(parent.resolve("pids.current")).strip()).isEqualTo("1");
      String[] fork = {"sh", "-c", "for i in 1 2 3 4 5 6 7 8; do sleep 600 & done"};
      assertThat(client.exec(id, 20, fork).getStderr().toStringUtf8()).contains("can't fork");
      client.removePod(sized);
    } finally {
      Machine.removeKubeletCgroup(config);
    }
  }
}
