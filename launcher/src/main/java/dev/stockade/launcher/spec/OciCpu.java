package dev.stockade.launcher.spec;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/**
 * CPU limits.
 *
 * @param shares 2 to 262144, relative, as cgroup v1 counted
 * @param quota microseconds per period; -1 is no limit
 * @param period microseconds
 * @param cpus a list as of cpuset(7); empty: not limited
 * @param mems likewise, memory nodes
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record OciCpu(
    @Nullable Long shares, @Nullable Long quota, @Nullable Long period, String cpus, String mems) {
  public OciCpu {
    cpus = cpus == null ? "" : cpus;
    mems = mems == null ? "" : mems;
  }
}
