package dev.stockade.shim.cli.manifest;

import dev.stockade.cri.v1.LinuxContainerResources;

/**
 * A limit in CPUs as the kernel's bandwidth control takes it.
 *
 * @param quota microseconds over all CPUs in each period
 * @param period microseconds
 */
public record CpuTime(long quota, long period) {
  private static final long PERIOD = 100_000;
  private static final long LEAST_QUOTA = 1_000;
  private static final long MOST_MILLI_CPUS = 1_000_000_000L;

  /** The limit a kubelet makes of an amount. */
  public static CpuTime of(Quantity cpus) {
    long milliCpus = Math.min(cpus.thousandths(), MOST_MILLI_CPUS);
    return new CpuTime(Math.max(LEAST_QUOTA, milliCpus * PERIOD / 1000), PERIOD);
  }

  /** Sets the limit. */
  public void into(LinuxContainerResources.Builder resources) {
    resources.setCpuPeriod(period).setCpuQuota(quota);
  }
}
