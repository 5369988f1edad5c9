package dev.stockade.shim.container;

import dev.stockade.shim.intent.ResourceIntent;
import dev.stockade.shim.node.NodeView;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * With {@code cgroup.missing_controllers = "report"}: the limits that can be enforced; the others
 * are left out and reported.
 */
final class ResourceReport {
  private ResourceReport() {}

  static ResourceIntent enforceable(ResourceIntent asked, NodeView node) {
    return node.settings().reportMissingControllers()
        ? enforceable(asked, node.facts().cgroupControllers())
        : asked;
  }

  private static ResourceIntent enforceable(ResourceIntent asked, Set<String> controllers) {
    boolean memory = controllers.contains("memory");
    boolean cpu = controllers.contains("cpu");
    boolean cpuset = controllers.contains("cpuset");
    Map<String, String> unified =
        asked.unified().entrySet().stream()
            .filter(e -> controllers.contains(e.getKey().substring(0, e.getKey().indexOf('.'))))
            .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    return new ResourceIntent(
        keep(cpu, asked.cpuPeriodMicros()),
        keep(cpu, asked.cpuQuotaMicros()),
        keep(cpu, asked.cpuShares()),
        keep(memory, asked.memoryBytes()),
        keep(memory, asked.memorySwapBytes()),
        asked.oomScoreAdj(),
        cpuset ? asked.cpusetCpus() : "",
        cpuset ? asked.cpusetMems() : "",
        controllers.contains("hugetlb") ? asked.hugepages() : List.of(),
        unified);
  }

  /** What {@link #enforceable} leaves out, by field of the request, with what was asked. */
  static Map<String, String> unenforced(ResourceIntent asked, Set<String> controllers) {
    Map<String, String> left = new TreeMap<>();
    if (!controllers.contains("cpu")) {
      put(left, "cpu_period", asked.cpuPeriodMicros());
      put(left, "cpu_quota", asked.cpuQuotaMicros());
      put(left, "cpu_shares", asked.cpuShares());
    }
    if (!controllers.contains("memory")) {
      put(left, "memory_limit_in_bytes", asked.memoryBytes());
      put(left, "memory_swap_limit_in_bytes", asked.memorySwapBytes());
    }
    if (!controllers.contains("cpuset") && !asked.cpusetCpus().isEmpty()) {
      left.put("cpuset_cpus", asked.cpusetCpus());
    }
    if (!controllers.contains("cpuset") && !asked.cpusetMems().isEmpty()) {
      left.put("cpuset_mems", asked.cpusetMems());
    }
    if (!controllers.contains("hugetlb")) {
      asked.hugepages().stream()
          .filter(limit -> limit.bytes() > 0)
          .forEach(limit -> left.put("hugepages " + limit.pageSize(), "" + limit.bytes()));
    }
    asked
        .unified()
        .forEach(
            (file, value) -> {
              if (!controllers.contains(file.substring(0, file.indexOf('.')))) {
                left.put(file, value);
              }
            });
    return left;
  }

  private static void put(Map<String, String> left, String field, OptionalLong value) {
    value.ifPresent(v -> left.put(field, Long.toString(v)));
  }

  private static OptionalLong keep(boolean enforceable, OptionalLong limit) {
    return enforceable ? limit : OptionalLong.empty();
  }
}
