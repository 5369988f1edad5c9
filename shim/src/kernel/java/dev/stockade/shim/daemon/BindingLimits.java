package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.ContainerStatus;
import dev.stockade.cri.v1.Device;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Limits bind what runs in the container, whichever daemon started it: one of a test's own, or the
 * service that is installed.
 */
public interface BindingLimits {
  /** The user namespace is the host's, and root may do what a container may by default. */
  LimitedPod limited();

  @Test
  default void whoTakesMoreMemoryThanItsLimitIsKilled() throws Exception {
    Machine.requireControllers("memory");
    LimitedPod pod = limited();
    String limit = String.valueOf(16 << 20);
    ContainerConfig.Builder container = pod.container("memory", "exec tail /dev/zero");
    LimitedPod.resources(container)
        .setMemoryLimitInBytes(Long.parseLong(limit))
        .setMemorySwapLimitInBytes(Long.parseLong(limit));
    String id = pod.start(container);
    ContainerStatus ended = pod.client().awaitEnd(id);
    assertThat(ended.getReason()).isEqualTo("OOMKilled");
    assertThat(ended.getExitCode()).isEqualTo(137);
    assertThat(pod.limits(id)).isEqualTo(Map.of("memory.max", limit, "memory.swap.max", "0"));
  }

  /** A tenth of a processor: the kernel says that it held the process back, and it did. */
  @Test
  default void whoHasUsedItsProcessorTimeWaits() throws Exception {
    Machine.requireControllers("cpu");
    LimitedPod pod = limited();
    ContainerConfig.Builder container = pod.container("cpu", "while :; do :; done");
    LimitedPod.resources(container).setCpuQuota(10_000).setCpuPeriod(100_000).setCpuShares(512);
    String id = pod.start(container);
    pod.requireLimits(id, Map.of("cpu.max", "10000 100000", "cpu.weight", "20"));
    Wait.until("throttling", () -> pod.counter(id, "cpu.stat", "nr_throttled") >= 3);
    long from = System.nanoTime();
    long usage = pod.counter(id, "cpu.stat", "usage_usec");
    Thread.sleep(3000);
    double used = pod.counter(id, "cpu.stat", "usage_usec") - usage;
    double elapsed = Duration.ofNanos(System.nanoTime() - from).toNanos() / 1000.0;
    assertThat(used / elapsed).isBetween(0.005, 0.25);
    pod.client().stop(id, 0);
  }

  /** The list is written as the kernel does not, which orders it. */
  @Test
  default void itsProcessorsAndMemoryNodesAreThoseAskedFor() throws Exception {
    Machine.requireControllers("cpuset");
    LimitedPod pod = limited();
    int last = Runtime.getRuntime().availableProcessors() - 1;
    ContainerConfig.Builder container =
        pod.container("cpuset", "grep _allowed_list: /proc/self/status; sleep 600");
    LimitedPod.resources(container).setCpusetCpus(last + "," + last).setCpusetMems("0-0");
    String id = pod.start(container);
    pod.requireLimits(id, Map.of("cpuset.cpus", "" + last, "cpuset.mems", "0"));
    Wait.until("the lists", () -> pod.log(id).contains("Mems_allowed_list:"));
    assertThat(pod.log(id))
        .contains("Cpus_allowed_list:\t" + last + "\n", "Mems_allowed_list:\t0\n");
    pod.client().stop(id, 0);
  }

  @Test
  default void beyondItsLimitOfProcessesItCannotFork() throws Exception {
    Machine.requireControllers("pids");
    LimitedPod pod = limited();
    String script = "(for i in 1 2 3 4 5 6 7 8; do sleep 600 & done); exec sleep 600";
    ContainerConfig.Builder container = pod.container("pids", script);
    LimitedPod.resources(container).putUnified("pids.max", "4");
    String id = pod.start(container);
    pod.requireLimits(id, Map.of("pids.max", "4"));
    Wait.until("a refusal", () -> pod.log(id).contains("can't fork"));
    assertThat(pod.log(id)).contains("Resource temporarily unavailable");
    assertThat(Integer.parseInt(pod.file(id, "pids.peak"))).isLessThanOrEqualTo(4);
    pod.client().stop(id, 0);
  }

  /**
   * The device is one whose writing needs no privilege, the kernel's log. Its node is there in each
   * case: only the device program decides.
   */
  @Test
  default void aDeviceIsOpenedAsAskedAndNotOtherwise() throws Exception {
    LimitedPod pod = limited();
    Path node = pod.scratch().resolve("kmsg");
    HostCommand.output("mknod", node.toString(), "c", "1", "11");
    for (String access : List.of("w", "r", "m")) {
      ContainerConfig.Builder container =
          pod.container("device-" + access, "if : > /dev/of-test; then echo opened; fi");
      container.addDevices(
          Device.newBuilder()
              .setHostPath(node.toString())
              .setContainerPath("/dev/of-test")
              .setPermissions(access));
      String id = pod.start(container);
      pod.client().awaitEnd(id);
      String log = pod.log(id);
      boolean opened = log.contains("opened");
      assertThat(opened).as("%s", log).isEqualTo(access.equals("w"));
      assertThat(log.contains("Operation not permitted")).isEqualTo(!opened);
      assertThat(pod.client().verbose(id).getInfoOrThrow("receipt"))
          .contains("allow c 1:11 " + access);
    }
  }
}
