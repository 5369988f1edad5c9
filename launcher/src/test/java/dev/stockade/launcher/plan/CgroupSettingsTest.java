package dev.stockade.launcher.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stockade.launcher.spec.OciCpu;
import dev.stockade.launcher.spec.OciHugepageLimit;
import dev.stockade.launcher.spec.OciMemory;
import dev.stockade.launcher.spec.OciResources;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class CgroupSettingsTest {
  private static String unified(String file, String value) throws LaunchRejection {
    OciResources resources =
        new OciResources(List.of(), null, null, null, List.of(), Map.of(file, value));
    return CgroupSettings.of(resources).getOrDefault(file, "none");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          memory.high      | 10000000     | 9998336
          memory.max       | max          | max
          memory.swap.max  | 0            | 0
          hugetlb.2MB.max  | 5000000      | 4194304
          hugetlb.64KB.rsvd.max | 65537   | 65536
          cpuset.cpus      | 0,1,3        | 0-1,3
          cpuset.cpus      | 3,0-1,1-2    | 0-3
          cpuset.mems      | 0            | 0
          cpu.max          | 50000 100000 | 50000 100000
          cpu.max          | max 100000   | max 100000
          pids.max         | 12           | 12
          memory.oom.group | 1            | 1
          io.weight        | default 50   | default 50
          io.max           | 8:0 rbps=1048576 wbps=max riops=max wiops=10 | 8:0 rbps=1048576 wbps=max riops=max wiops=10
          misc.max         | res_a 3      | res_a 3
          """)
  void unifiedValuesAreWhatTheKernelShows(String file, String asked, String shown)
      throws Exception {
    assertThat(unified(file, asked)).isEqualTo(shown);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          memory.max       | 100M
          memory.high      | 0x1000
          memory.high      | 010
          memory.max       | -1
          memory.max       | 9999999999999999999
          memory.swap.max  | MAX
          hugetlb.2MB.max  | 2M
          cpu.max          | 50000
          cpu.max          | max
          cpu.max          | 50000  100000
          cpu.weight       | +100
          pids.max         | 12k
          cpuset.cpus      | 3-1
          cpuset.cpus      | 0-3:1/2
          memory.oom.group | true
          io.weight        | 50
          io.max           | 8:0 rbps=1048576
          io.max           | 8:0 rbps=1M wbps=max riops=max wiops=max
          """)
  void whatTheKernelWouldShowInOtherWordsIsRefused(String file, String value) {
    assertThatThrownBy(() -> unified(file, value))
        .isInstanceOf(LaunchRejection.class)
        .hasMessageContaining("linux.resources.unified." + file)
        .hasMessageContaining("\"" + value + "\"")
        .hasMessageContaining("write ");
  }

  @Test
  void limitsOfTheSpecAreRoundedAsTheKernelDoes() throws Exception {
    OciResources resources =
        new OciResources(
            List.of(),
            new OciMemory(10_000_000L, 5_000L, 20_000_000L),
            new OciCpu(null, 25_000L, null, "1,0", "0"),
            null,
            List.of(new OciHugepageLimit("2MB", 5_000_000)),
            Map.of());
    assertThat(CgroupSettings.of(resources))
        .isEqualTo(
            Map.of(
                "memory.max", "9998336",
                "memory.low", "4096",
                "memory.swap.max", "9998336",
                "cpu.max", "25000 100000",
                "cpuset.cpus", "0-1",
                "cpuset.mems", "0",
                "hugetlb.2MB.max", "4194304"));
  }
}
