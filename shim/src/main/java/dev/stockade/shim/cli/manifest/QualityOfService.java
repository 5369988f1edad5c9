package dev.stockade.shim.cli.manifest;

import java.util.Collection;

/**
 * Class of a pod by its resources, which decides how likely the kernel is to kill it for memory.
 */
enum QualityOfService {
  GUARANTEED,
  BURSTABLE,
  BEST_EFFORT;

  private static final long GUARANTEED_BIAS = -997;
  private static final long WORST = 1000;

  /** The class of a pod with these containers. */
  static QualityOfService of(Collection<ResourceAmounts> containers) {
    if (containers.stream().allMatch(ResourceAmounts::isEmpty)) {
      return BEST_EFFORT;
    }
    return containers.stream().allMatch(ResourceAmounts::guaranteed) ? GUARANTEED : BURSTABLE;
  }

  /** The kernel's bias (oom_score_adj) for one of its containers. */
  long oomScoreAdj(ResourceAmounts container, long nodeMemory) {
    return switch (this) {
      case GUARANTEED -> GUARANTEED_BIAS;
      case BEST_EFFORT -> WORST;
      case BURSTABLE -> burstable(container, nodeMemory);
    };
  }

  /** The more memory it asked for, the less likely; never like one of the other classes. */
  private static long burstable(ResourceAmounts container, long nodeMemory) {
    long share = (long) (1000.0 * container.memoryRequest() / Math.max(1, nodeMemory));
    return Math.min(WORST - 1, Math.max(WORST + GUARANTEED_BIAS, WORST - share));
  }
}
