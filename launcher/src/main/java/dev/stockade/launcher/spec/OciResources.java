package dev.stockade.launcher.spec;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The limits, {@code linux.resources}.
 *
 * @param devices device access, a later rule over an earlier one
 * @param unified cgroup2 files and what is written to them
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record OciResources(
    List<OciDeviceRule> devices,
    @Nullable OciMemory memory,
    @Nullable OciCpu cpu,
    @Nullable OciPids pids,
    List<OciHugepageLimit> hugepageLimits,
    Map<String, String> unified) {
  public OciResources {
    devices = devices == null ? List.of() : List.copyOf(devices);
    hugepageLimits = hugepageLimits == null ? List.of() : List.copyOf(hugepageLimits);
    unified = OrderedMap.copyOf(unified);
  }
}
