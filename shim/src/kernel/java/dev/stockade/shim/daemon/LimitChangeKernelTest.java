package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.HugepageLimit;
import dev.stockade.cri.v1.LinuxContainerResources;
import dev.stockade.cri.v1.UpdateContainerResourcesRequest;
import dev.stockade.cri.v1.WindowsContainerResources;
import dev.stockade.shim.config.Config;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** UpdateContainerResources: all of it is in effect, recorded and in the receipt, or nothing. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
final class LimitChangeKernelTest {
  private static final long MEBIBYTE = 1 << 20;
  private static final String PAGES = "hugetlb.2MB.max";

  private Path directory;
  private Config config;
  private Daemon daemon;
  private CriClient client;
  private String pod;

  @BeforeAll
  void start(@TempDir Path temporary) throws Exception {
    directory = temporary;
    config = Machine.config(directory);
    Machine.importBusybox(directory, config);
    open();
  }

  private void open() throws Exception {
    daemon = Daemon.start(config, Machine.warden(), "test");
    client = new CriClient(config.socket(), directory.resolve("logs"));
  }

  @BeforeEach
  void run() {
    pod = client.run(client.pod("limits"));
  }

  @AfterEach
  void remove() {
    client.removeEverything();
  }

  @AfterAll
  void end() throws Exception {
    if (client != null) {
      client.close();
      daemon.close();
      assertThat(Machine.leftovers(config)).isEmpty();
    }
  }

  private String create() {
    return client.create(pod, client.container("main", "sh", "-c", "sleep 600 & exec sleep 600"));
  }

  private String started() {
    String container = create();
    client.start(container);
    return container;
  }

  @SuppressWarnings("CheckReturnValue") // The answer is empty.
  private void update(String container, LinuxContainerResources.Builder limits) {
    client
        .runtime()
        .updateContainerResources(
            UpdateContainerResourcesRequest.newBuilder()
                .setContainerId(container)
                .setLinux(limits)
                .build());
  }

  private static LinuxContainerResources.Builder limits() {
    return LinuxContainerResources.newBuilder();
  }

  private static LinuxContainerResources.Builder pages(long bytes) {
    return limits()
        .addHugepageLimits(HugepageLimit.newBuilder().setPageSize("2MB").setLimit(bytes));
  }

  private String file(String container, String name) throws Exception {
    Path cgroup = Machine.cgroup(config).resolve(pod).resolve(container);
    return Files.readString(cgroup.resolve(name)).strip();
  }

  /** What the receipt says that the kernel shows, by constraint and subject. */
  private Map<String, String> receipt(String container) throws Exception {
    JsonNode receipt = client.receipt(container);
    Map<String, String> rows = new TreeMap<>();
    for (JsonNode row : receipt.path("rows")) {
      String constraint = row.path("constraint").asText();
      if (constraint.startsWith("cgroup.limit") || constraint.contains("oom")) {
        assertThat(row.path("outcome").asText()).isEqualTo("ok");
        rows.put(
            (constraint + " " + row.path("subject").asText()).strip(), row.path("kernel").asText());
      }
    }
    return rows;
  }

  private List<String> scores(String container) throws Exception {
    return file(container, "cgroup.procs")
        .lines()
        .map(pid -> Path.of("/proc", pid, "oom_score_adj"))
        .map(LimitChangeKernelTest::read)
        .toList();
  }

  private static String read(Path file) {
    try {
      return Files.readString(file).strip();
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** The controller was not handed down to it before, because it had no limit. */
  @Test
  void aRunningContainerGetsTheLimitThatItDidNotHave() throws Exception {
    String container = started();
    Wait.until("both processes", () -> scores(container).size() == 2);
    update(container, pages(4 * MEBIBYTE).setOomScoreAdj(300));
    assertThat(file(container, PAGES)).isEqualTo("" + 4 * MEBIBYTE);
    assertThat(scores(container)).containsExactly("300", "300");
    assertThat(receipt(container))
        .containsEntry("cgroup.limit " + PAGES, "" + 4 * MEBIBYTE)
        .containsEntry("process.oom-score-adj", "300");
    LinuxContainerResources told = client.status(container).getResources().getLinux();
    assertThat(told).isEqualTo(pages(4 * MEBIBYTE).setOomScoreAdj(300).build());
    // A command is judged as its container is.
    assertThat(
            client
                .exec(container, 20, "cat", "/proc/self/oom_score_adj")
                .getStdout()
                .toStringUtf8())
        .isEqualTo("300\n");
  }

  @Test
  void whatARequestLeavesEmptyStaysAsItIs() throws Exception {
    String container = started();
    update(container, pages(4 * MEBIBYTE));
    update(container, limits().putUnified("hugetlb.2MB.rsvd.max", "" + 8 * MEBIBYTE));
    assertThat(file(container, PAGES)).isEqualTo("" + 4 * MEBIBYTE);
    assertThat(receipt(container))
        .containsEntry("cgroup.limit " + PAGES, "" + 4 * MEBIBYTE)
        .containsEntry("cgroup.limit hugetlb.2MB.rsvd.max", "" + 8 * MEBIBYTE);
    assertThat(client.status(container).getResources().getLinux())
        .isEqualTo(
            pages(4 * MEBIBYTE).putUnified("hugetlb.2MB.rsvd.max", "" + 8 * MEBIBYTE).build());
  }

  /** The second of the files is none that this kernel has. */
  @Test
  void whatFailsInTheMiddleLeavesEverythingAsItWas() throws Exception {
    String container = started();
    update(container, pages(4 * MEBIBYTE));
    Map<String, String> before = receipt(container);
    LinuxContainerResources.Builder wrong =
        pages(2 * MEBIBYTE).putUnified("hugetlb.7MB.max", "0").setOomScoreAdj(200);
    assertThatThrownBy(() -> update(container, wrong)).hasMessageContaining("hugetlb.7MB.max");
    assertThat(file(container, PAGES)).isEqualTo("" + 4 * MEBIBYTE);
    assertThat(scores(container)).containsOnly("0");
    assertThat(receipt(container)).isEqualTo(before);
    assertThat(client.status(container).getResources().getLinux())
        .isEqualTo(pages(4 * MEBIBYTE).build());
  }

  @Test
  void aContainerThatIsMadeStartsWithItsNewLimits() throws Exception {
    String container = create();
    update(container, pages(6 * MEBIBYTE).setOomScoreAdj(100));
    client.close();
    daemon.close();
    open();
    client.start(container);
    assertThat(file(container, PAGES)).isEqualTo("" + 6 * MEBIBYTE);
    assertThat(receipt(container))
        .containsEntry("cgroup.limit " + PAGES, "" + 6 * MEBIBYTE)
        .containsEntry("process.oom-score-adj", "100");
  }

  @Test
  void theNextDaemonKnowsTheLimits() throws Exception {
    String container = started();
    update(container, pages(4 * MEBIBYTE));
    Map<String, String> before = receipt(container);
    client.close();
    daemon.close();
    open();
    assertThat(receipt(container)).isEqualTo(before);
    assertThat(client.status(container).getResources().getLinux())
        .isEqualTo(pages(4 * MEBIBYTE).build());
    update(container, limits().setOomScoreAdj(50));
    assertThat(file(container, PAGES)).isEqualTo("" + 4 * MEBIBYTE);
    assertThat(receipt(container))
        .containsEntry("cgroup.limit " + PAGES, "" + 4 * MEBIBYTE)
        .containsEntry("process.oom-score-adj", "50");
  }

  @Test
  void aWrongRequestIsRefusedByItsField() throws Exception {
    String container = started();
    assertThatThrownBy(() -> update(container, limits().setOomScoreAdj(1001)))
        .hasMessageContaining("UpdateContainerResources refused: linux.oom_score_adj");
    assertThatThrownBy(() -> update(container, limits().putUnified("cgroup.kill", "1")))
        .hasMessageContaining("linux.unified");
    assertThatThrownBy(() -> update("none", limits())).hasMessageContaining("NOT_FOUND");
    UpdateContainerResourcesRequest.Builder windows =
        UpdateContainerResourcesRequest.newBuilder()
            .setContainerId(container)
            .setWindows(WindowsContainerResources.getDefaultInstance());
    assertThatThrownBy(() -> client.runtime().updateContainerResources(windows.build()))
        .hasMessageContaining("windows: is set")
        .hasMessageContaining("linux: is missing");
    client.stop(container, 0);
    assertThatThrownBy(() -> update(container, pages(MEBIBYTE)))
        .hasMessageContaining("does not run any more");
  }

  /** The kubelet's own: more or less processor time and memory, and never less than is in use. */
  @Test
  void memoryAndProcessorTimeAreResizedInPlace() throws Exception {
    Machine.requireControllers("cpu", "memory");
    ContainerConfig.Builder asked = client.container("main", "sleep", "600");
    asked
        .getLinuxBuilder()
        .getResourcesBuilder()
        .setMemoryLimitInBytes(64 * MEBIBYTE)
        .setCpuShares(512);
    String container = client.create(pod, asked);
    client.start(container);
    update(
        container,
        limits().setMemoryLimitInBytes(32 * MEBIBYTE).setCpuQuota(20_000).setCpuPeriod(100_000));
    assertThat(receipt(container))
        .containsEntry("cgroup.limit memory.max", "" + 32 * MEBIBYTE)
        .containsEntry("cgroup.limit cpu.max", "20000 100000")
        .containsEntry("cgroup.limit cpu.weight", "20");
    assertThatThrownBy(
            () -> update(container, limits().setMemoryLimitInBytes(4096).setCpuQuota(50_000)))
        .hasMessageContaining("memory.max: 4096 bytes are less than the")
        .hasMessageContaining("all is as it was");
    assertThat(file(container, "cpu.max")).isEqualTo("20000 100000");
    assertThat(file(container, "memory.max")).isEqualTo("" + 32 * MEBIBYTE);
    update(container, limits().setMemoryLimitInBytes(-1).setCpuQuota(-1));
    assertThat(file(container, "memory.max")).isEqualTo("max");
    assertThat(file(container, "cpu.max")).isEqualTo("max 100000");
  }
}
