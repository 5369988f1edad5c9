package dev.stockade.shim.cli.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ResourceAmountsTest {
  private static Quantity quantity(String text) {
    return Quantity.parse(text).orElseThrow();
  }

  @ParameterizedTest
  @CsvSource({"0, 2", "1, 2", "100, 102", "1000, 1024", "256000, 262144", "999999999999, 262144"})
  void sharesAreTheKubelets(long milliCpus, long shares) {
    assertThat(ResourceAmounts.shares(milliCpus)).isEqualTo(shares);
  }

  @ParameterizedTest
  @CsvSource({"1m, 1000", "10m, 1000", "500m, 50000", "1.5, 150000", "1E, 100000000000"})
  void quotasAreTheKubelets(String cpus, long quota) {
    assertThat(CpuTime.of(quantity(cpus))).isEqualTo(new CpuTime(quota, 100_000));
  }

  @Test
  void theClassOfAPodDecidesItsOutOfMemoryBias() {
    ResourceAmounts fixed =
        new ResourceAmounts(
            Map.of("cpu", quantity("1"), "memory", quantity("1Gi")),
            Map.of("cpu", quantity("1000m"), "memory", quantity("1024Mi")));
    ResourceAmounts some = new ResourceAmounts(Map.of("memory", quantity("1Gi")), Map.of());
    assertThat(QualityOfService.of(List.of(fixed))).isEqualTo(QualityOfService.GUARANTEED);
    assertThat(QualityOfService.of(List.of(fixed, ResourceAmounts.NONE)))
        .isEqualTo(QualityOfService.BURSTABLE);
    assertThat(QualityOfService.of(List.of(ResourceAmounts.NONE)))
        .isEqualTo(QualityOfService.BEST_EFFORT);
    long node = 8L << 30;
    assertThat(QualityOfService.GUARANTEED.oomScoreAdj(fixed, node)).isEqualTo(-997);
    assertThat(QualityOfService.BURSTABLE.oomScoreAdj(some, node)).isEqualTo(875);
    assertThat(QualityOfService.BURSTABLE.oomScoreAdj(ResourceAmounts.NONE, node)).isEqualTo(999);
    assertThat(QualityOfService.BURSTABLE.oomScoreAdj(some, 1L << 30)).isEqualTo(3);
    assertThat(QualityOfService.BEST_EFFORT.oomScoreAdj(some, node)).isEqualTo(1000);
  }
}
