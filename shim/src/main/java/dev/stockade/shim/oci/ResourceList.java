package dev.stockade.shim.oci;

import dev.stockade.launcher.spec.OciCpu;
import dev.stockade.launcher.spec.OciDeviceRule;
import dev.stockade.launcher.spec.OciHugepageLimit;
import dev.stockade.launcher.spec.OciMemory;
import dev.stockade.launcher.spec.OciResources;
import dev.stockade.shim.intent.ResourceIntent;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** The limits of a container in the words of the runtime spec; what was not asked stays absent. */
final class ResourceList {
  private ResourceList() {}

  static OciResources of(ResourceIntent asked, List<OciDeviceRule> devices, boolean hugetlb) {
    return new OciResources(
        devices, memory(asked), cpu(asked), null, hugepages(asked, hugetlb), asked.unified());
  }

  private static @Nullable OciMemory memory(ResourceIntent asked) {
    if (asked.memoryBytes().isEmpty() && asked.memorySwapBytes().isEmpty()) {
      return null;
    }
    return new OciMemory(value(asked.memoryBytes()), null, value(asked.memorySwapBytes()));
  }

  private static @Nullable OciCpu cpu(ResourceIntent asked) {
    OciCpu cpu =
        new OciCpu(
            value(asked.cpuShares()),
            value(asked.cpuQuotaMicros()),
            value(asked.cpuPeriodMicros()),
            asked.cpusetCpus(),
            asked.cpusetMems());
    return cpu.equals(new OciCpu(null, null, null, "", "")) ? null : cpu;
  }

  /**
   * The kubelet sends a limit of zero for every page size of the node. Where no controller could
   * give pages to the container in the first place, such a zero asks for nothing.
   */
  private static List<OciHugepageLimit> hugepages(ResourceIntent asked, boolean hugetlb) {
    return asked.hugepages().stream()
        .filter(limit -> hugetlb || limit.bytes() > 0)
        .map(limit -> new OciHugepageLimit(limit.pageSize(), limit.bytes()))
        .toList();
  }

  private static @Nullable Long value(OptionalLong value) {
    return value.isPresent() ? value.getAsLong() : null;
  }
}
