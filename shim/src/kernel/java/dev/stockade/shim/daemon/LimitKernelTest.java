package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.ContainerStatus;
import dev.stockade.cri.v1.Device;
import dev.stockade.cri.v1.HugepageLimit;
import dev.stockade.cri.v1.LinuxContainerResources;
import dev.stockade.shim.config.Config;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Limits bind what runs in the container, and the receipt says what the kernel says. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
final class LimitKernelTest {
  private static final long MEBIBYTE = 1 << 20;
  private static final String EAT = "tail /dev/zero";

  private Config config;
  private Daemon daemon;
  private CriClient client;
  private Path directory;
  private Path logs;
  private String pod;

  @BeforeAll
  void start(@TempDir Path temporary) throws Exception {
    directory = temporary;
    config = Machine.config(directory);
    Machine.importBusybox(directory, config);
    logs = directory.resolve("logs");
    daemon = Daemon.start(config, Machine.warden(), "test");
    client = new CriClient(config.socket(), logs);
    pod = client.run(client.pod("limits"));
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

  private ContainerConfig.Builder container(String name, String script) {
    return client.container(name, "sh", "-c", script);
  }

  private String start(ContainerConfig.Builder container) {
    String id = client.create(pod, container);
    client.start(id);
    return id;
  }

  private ContainerStatus run(ContainerConfig.Builder container) throws Exception {
    return client.awaitEnd(start(container));
  }

  private String log(String name) throws Exception {
    return Files.readString(logs.resolve("limits").resolve(name + ".log"));
  }

  private static LinuxContainerResources.Builder resources(ContainerConfig.Builder container) {
    return container.getLinuxBuilder().getResourcesBuilder();
  }

  /** What the receipt has of the limits, after what was asked and what the kernel showed agree. */
  private Map<String, String> limits(String container) throws Exception {
    JsonNode receipt = client.receipt(container);
    Map<String, String> limits = new TreeMap<>();
    for (JsonNode row : receipt.path("rows")) {
      if (row.path("constraint").asText().equals("cgroup.limit")) {
        assertThat(row.path("outcome").asText()).isEqualTo("ok");
        assertThat(row.path("kernel")).isEqualTo(row.path("asked"));
        limits.put(row.path("subject").asText(), row.path("kernel").asText());
      }
    }
    return limits;
  }

  /** A file of the container's cgroup, read beside Stockade. */
  private String file(String container, String name) throws Exception {
    Path cgroup = Machine.cgroup(config).resolve(pod).resolve(container);
    return Files.readString(cgroup.resolve(name)).strip();
  }

  private void requireTold(String container, Map<String, String> limits) throws Exception {
    assertThat(limits(container)).isEqualTo(limits);
    for (Map.Entry<String, String> limit : limits.entrySet()) {
      assertThat(file(container, limit.getKey())).as(limit.getKey()).isEqualTo(limit.getValue());
    }
  }

  @Test
  void whoTakesMoreMemoryThanItsLimitIsKilled() throws Exception {
    Machine.requireControllers("memory");
    ContainerConfig.Builder container = container("memory", "exec " + EAT);
    resources(container)
        .setMemoryLimitInBytes(16 * MEBIBYTE)
        .setMemorySwapLimitInBytes(16 * MEBIBYTE);
    String id = start(container);
    ContainerStatus ended = client.awaitEnd(id);
    assertThat(ended.getReason()).isEqualTo("OOMKilled");
    assertThat(ended.getExitCode()).isEqualTo(137);
    assertThat(limits(id))
        .isEqualTo(Map.of("memory.max", "" + 16 * MEBIBYTE, "memory.swap.max", "0"));
  }

  /** A container that goes on without one of its processes has not ended for want of memory. */
  @Test
  void whoOutlivesAKilledChildHasItsOwnEnd() throws Exception {
    Machine.requireControllers("memory");
    Map<String, String> reasons = Map.of("exit 0", "Completed", "exit 3", "Error");
    for (Map.Entry<String, String> end : reasons.entrySet()) {
      ContainerStatus ended = run(eater(end.getKey()));
      assertThat(ended.getReason()).isEqualTo(end.getValue());
      assertThat(ended.getExitCode()).isEqualTo(end.getKey().endsWith("0") ? 0 : 3);
      assertThat(log(end.getKey().replace(' ', '-'))).contains("child 137");
    }
    ContainerStatus passedOn = run(eater("exit 137"));
    assertThat(passedOn.getReason()).isEqualTo("OOMKilled");
  }

  @Test
  void allOfAGroupAreKilledWhereThatIsAskedFor() throws Exception {
    Machine.requireControllers("memory");
    ContainerConfig.Builder container = eater("exit 1");
    resources(container).putUnified("memory.oom.group", "1");
    ContainerStatus ended = run(container);
    assertThat(ended.getReason()).isEqualTo("OOMKilled");
    assertThat(ended.getExitCode()).isEqualTo(137);
    assertThat(log("exit-1")).doesNotContain("child");
  }

  /** A shell whose child takes more than there is. */
  private ContainerConfig.Builder eater(String end) {
    ContainerConfig.Builder container =
        container(end.replace(' ', '-'), EAT + "; echo child $?; " + end);
    resources(container).setMemoryLimitInBytes(16 * MEBIBYTE);
    return container;
  }

  /** A tenth of a processor: the kernel says that it held the process back, and it did. */
  @Test
  void whoHasUsedItsProcessorTimeWaits() throws Exception {
    Machine.requireControllers("cpu");
    ContainerConfig.Builder container = container("cpu", "while :; do :; done");
    resources(container).setCpuQuota(10_000).setCpuPeriod(100_000).setCpuShares(512);
    String id = start(container);
    requireTold(id, Map.of("cpu.max", "10000 100000", "cpu.weight", "20"));
    Wait.until("throttling", () -> counter(id, "nr_throttled") >= 3);
    long from = System.nanoTime();
    long usage = counter(id, "usage_usec");
    Thread.sleep(3000);
    double used = counter(id, "usage_usec") - usage;
    double elapsed = Duration.ofNanos(System.nanoTime() - from).toNanos() / 1000.0;
    assertThat(used / elapsed).isBetween(0.005, 0.25);
    client.stop(id, 0);
  }

  private long counter(String container, String name) throws Exception {
    return file(container, "cpu.stat")
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToLong(line -> Long.parseLong(line.substring(name.length() + 1)))
        .findFirst()
        .orElseThrow();
  }

  /** The list is written as the kernel does not, which orders it. */
  @Test
  void itsProcessorsAndMemoryNodesAreThoseAskedFor() throws Exception {
    Machine.requireControllers("cpuset");
    int last = Runtime.getRuntime().availableProcessors() - 1;
    ContainerConfig.Builder container =
        container("cpuset", "grep _allowed_list: /proc/self/status; sleep 600");
    resources(container).setCpusetCpus(last + "," + last).setCpusetMems("0-0");
    String id = start(container);
    requireTold(id, Map.of("cpuset.cpus", "" + last, "cpuset.mems", "0"));
    Wait.until("the lists", () -> log("cpuset").contains("Mems_allowed_list:"));
    assertThat(log("cpuset"))
        .contains("Cpus_allowed_list:\t" + last + "\n", "Mems_allowed_list:\t0\n");
    client.stop(id, 0);
  }

  @Test
  void beyondItsLimitOfProcessesItCannotFork() throws Exception {
    Machine.requireControllers("pids");
    String script = "(for i in 1 2 3 4 5 6 7 8; do sleep 600 & done); exec sleep 600";
    ContainerConfig.Builder container = container("pids", script);
    resources(container).putUnified("pids.max", "4");
    String id = start(container);
    requireTold(id, Map.of("pids.max", "4"));
    Wait.until("a refusal", () -> log("pids").contains("can't fork"));
    assertThat(log("pids")).contains("Resource temporarily unavailable");
    assertThat(Integer.parseInt(file(id, "pids.peak"))).isLessThanOrEqualTo(4);
    client.stop(id, 0);
  }

  /**
   * The device is one whose writing needs no privilege, the kernel's log. Its node is there in each
   * case: only the device program decides.
   */
  @Test
  void aDeviceIsOpenedAsAskedAndNotOtherwise() throws Exception {
    Path node = directory.resolve("kmsg");
    Process mknod = new ProcessBuilder("mknod", node.toString(), "c", "1", "11").start();
    assertThat(mknod.waitFor()).isZero();
    String open = "if : > /dev/of-test; then echo opened; fi";
    for (String access : List.of("w", "r", "")) {
      String name = "device-" + access;
      String make = access.isEmpty() ? "mknod /dev/of-test c 1 11; " : "";
      ContainerConfig.Builder container = container(name, make + open);
      if (!access.isEmpty()) {
        container.addDevices(
            Device.newBuilder()
                .setHostPath(node.toString())
                .setContainerPath("/dev/of-test")
                .setPermissions(access));
      }
      String id = start(container);
      client.awaitEnd(id);
      boolean opened = log(name).contains("opened");
      assertThat(opened).as("%s", log(name)).isEqualTo(access.equals("w"));
      assertThat(log(name).contains("Operation not permitted")).isEqualTo(!opened);
      String rule = access.isEmpty() ? "allow c 136:* rwm" : "allow c 1:11 " + access;
      assertThat(client.verbose(id).getInfoOrThrow("receipt")).contains(rule);
    }
  }

  /** Swap, memory.high, huge pages, disk: what else a request can ask for. */
  @Test
  void everyLimitOfARequestIsInTheKernelAndInTheReceipt() throws Exception {
    Machine.requireControllers("cpu", "cpuset", "hugetlb", "io", "memory", "pids");
    String disk = disk();
    String io = disk + " rbps=1048576 wbps=max riops=max wiops=100";
    ContainerConfig.Builder container = container("all", "sleep 600");
    resources(container)
        .setMemoryLimitInBytes(100 * MEBIBYTE + 5)
        .setMemorySwapLimitInBytes(150 * MEBIBYTE)
        .addHugepageLimits(HugepageLimit.newBuilder().setPageSize("2MB").setLimit(4 * MEBIBYTE))
        .putUnified("memory.high", "" + (80 * MEBIBYTE + 1))
        .putUnified("memory.low", "" + MEBIBYTE)
        .putUnified("memory.oom.group", "1")
        .putUnified("cpu.weight", "321")
        .putUnified("pids.max", "77")
        .putUnified("io.max", io);
    String id = start(container);
    requireTold(
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
      ContainerConfig.Builder container = container("spelling", "true");
      resources(container).putUnified(wrong.get(0), wrong.get(1));
      assertThatThrownBy(() -> client.create(pod, container))
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
      String id = client.create(sized, container("sized", "sleep 600"));
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
