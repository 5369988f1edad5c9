package dev.stockade.shim.intent;

import static dev.stockade.shim.intent.Requests.container;
import static dev.stockade.shim.intent.Requests.read;
import static dev.stockade.shim.intent.Requests.refusedFields;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.HugepageLimit;
import dev.stockade.cri.v1.LinuxContainerConfig;
import dev.stockade.cri.v1.LinuxContainerResources;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class ResourceReaderTest {
  private static LinuxContainerResources.Builder resources() {
    return LinuxContainerResources.newBuilder();
  }

  private static ContainerConfig.Builder with(LinuxContainerResources.Builder resources) {
    return container().setLinux(LinuxContainerConfig.newBuilder().setResources(resources));
  }

  @Test
  void zeroAsksForNothing() throws IntentRejection {
    assertThat(read(with(resources())).resources()).isEqualTo(ResourceIntent.NONE);
  }

  @Test
  void readsLimits() throws IntentRejection {
    ResourceIntent read =
        read(with(
                resources()
                    .setCpuPeriod(100_000)
                    .setCpuQuota(-1)
                    .setCpuShares(2)
                    .setMemoryLimitInBytes(64 << 20)
                    .setMemorySwapLimitInBytes(64 << 20)
                    .setOomScoreAdj(-998)
                    .setCpusetCpus("0-3,8")
                    .addHugepageLimits(HugepageLimit.newBuilder().setPageSize("2MB"))
                    .putUnified("memory.high", "max")))
            .resources();
    assertThat(read.cpuQuotaMicros()).isEqualTo(OptionalLong.of(-1));
    assertThat(read.memoryBytes()).hasValue(64 << 20);
    assertThat(read.oomScoreAdj()).isEqualTo(-998);
    assertThat(read.hugepages()).containsExactly(new ResourceIntent.HugepageLimit("2MB", 0));
    assertThat(read.unified()).isEqualTo(Map.of("memory.high", "max"));
  }

  @Test
  void refusesWhatTheKernelWould() {
    assertThat(
            refusedFields(
                with(
                    resources()
                        .setCpuPeriod(999)
                        .setCpuQuota(-2)
                        .setCpuShares(1)
                        .setMemoryLimitInBytes(4096)
                        .setMemorySwapLimitInBytes(4095)
                        .setOomScoreAdj(1001)
                        .setCpusetCpus("0;1")
                        .addHugepageLimits(HugepageLimit.newBuilder().setPageSize("2 MB"))
                        .putUnified("cgroup.procs", "1"))))
        .containsExactlyInAnyOrder(
            "linux.resources.cpu_period",
            "linux.resources.cpu_quota",
            "linux.resources.cpu_shares",
            "linux.resources.memory_swap_limit_in_bytes",
            "linux.resources.oom_score_adj",
            "linux.resources.cpuset_cpus",
            "linux.resources.hugepage_limits[0]",
            "linux.resources.unified");
  }

  @Test
  void unifiedNamesOnlyFilesOfControllers() {
    for (String name :
        new String[] {"../cgroup.kill", "a/memory.max", "memory", "", "cgroup.kill"}) {
      assertThat(refusedFields(with(resources().putUnified(name, "1"))))
          .as(name)
          .containsExactly("linux.resources.unified");
    }
  }
}
