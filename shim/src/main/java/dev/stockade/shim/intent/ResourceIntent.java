package dev.stockade.shim.intent;

import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Limits of one container. An absent value asks for nothing.
 *
 * @param cpuPeriodMicros length of a CPU bandwidth period
 * @param cpuQuotaMicros CPU time per period; -1 is no limit
 * @param cpuShares weight from 2 to 262144, on the scale of cgroup v1
 * @param memoryBytes memory limit
 * @param memorySwapBytes memory and swap together, on the scale of cgroup v1; -1 is no limit
 * @param oomScoreAdj -1000 to 1000 (proc_pid_oom_score_adj(5))
 * @param unified cgroup v2 files by name
 */
public record ResourceIntent(
    OptionalLong cpuPeriodMicros,
    OptionalLong cpuQuotaMicros,
    OptionalLong cpuShares,
    OptionalLong memoryBytes,
    OptionalLong memorySwapBytes,
    int oomScoreAdj,
    String cpusetCpus,
    String cpusetMems,
    List<HugepageLimit> hugepages,
    Map<String, String> unified) {

  /** A request without limits. */
  public static final ResourceIntent NONE =
      new ResourceIntent(
          OptionalLong.empty(),
          OptionalLong.empty(),
          OptionalLong.empty(),
          OptionalLong.empty(),
          OptionalLong.empty(),
          0,
          "",
          "",
          List.of(),
          Map.of());

  /** The most bytes of one huge page size, e.g. {@code 2MB}. */
  public record HugepageLimit(String pageSize, long bytes) {}
}
