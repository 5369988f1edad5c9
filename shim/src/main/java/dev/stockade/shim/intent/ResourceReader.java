package dev.stockade.shim.intent;

import dev.stockade.cri.v1.HugepageLimit;
import dev.stockade.cri.v1.LinuxContainerResources;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** Reads resource limits. In the protocol zero means that nothing is asked. */
final class ResourceReader {
  private static final Pattern CPU_LIST =
      Pattern.compile("\\d{1,5}(-\\d{1,5})?(,\\d{1,5}(-\\d{1,5})?)*");
  private static final Pattern PAGE_SIZE = Pattern.compile("[1-9]\\d{0,5}(KB|MB|GB)");
  private static final Pattern UNIFIED = Pattern.compile("[a-z0-9]+\\.[A-Za-z0-9_.]+");

  private final Problems problems;
  private final String field;

  ResourceReader(Problems problems, String field) {
    this.problems = problems;
    this.field = field + ".";
  }

  ResourceIntent read(LinuxContainerResources asked) {
    OptionalLong memory = limit("memory_limit_in_bytes", asked.getMemoryLimitInBytes());
    OptionalLong swap = limit("memory_swap_limit_in_bytes", asked.getMemorySwapLimitInBytes());
    if (memory.isPresent()
        && swap.isPresent()
        && swap.getAsLong() >= 0
        && swap.getAsLong() < memory.getAsLong()) {
      problems.invalid(
          field + "memory_swap_limit_in_bytes",
          "is below memory_limit_in_bytes, which it includes",
          "give at least the memory limit");
    }
    if (asked.getOomScoreAdj() < -1000 || asked.getOomScoreAdj() > 1000) {
      problems.invalid(
          field + "oom_score_adj",
          asked.getOomScoreAdj() + " is out of range",
          "use -1000 to 1000");
    }
    return new ResourceIntent(
        between("cpu_period", asked.getCpuPeriod(), 1_000, 1_000_000),
        quota(asked.getCpuQuota()),
        between("cpu_shares", asked.getCpuShares(), 2, 262_144),
        memory,
        swap,
        (int) asked.getOomScoreAdj(),
        cpuList("cpuset_cpus", asked.getCpusetCpus()),
        cpuList("cpuset_mems", asked.getCpusetMems()),
        hugepages(asked.getHugepageLimitsList()),
        unified(asked.getUnifiedMap()));
  }

  private OptionalLong between(String name, long value, long least, long most) {
    if (value == 0) {
      return OptionalLong.empty();
    }
    if (value < least || value > most) {
      problems.invalid(
          field + name, value + " is out of range", "use " + least + " to " + most + ", or 0");
    }
    return OptionalLong.of(value);
  }

  /** Below a millisecond the kernel refuses a quota (sched/core.c, min_cfs_quota_period). */
  private OptionalLong quota(long value) {
    if (value == 0) {
      return OptionalLong.empty();
    }
    if (value < 1_000 && value != -1) {
      problems.invalid(
          field + "cpu_quota",
          value + " microseconds is out of range",
          "use at least 1000, -1 for no limit, or 0");
    }
    return OptionalLong.of(value);
  }

  private OptionalLong limit(String name, long value) {
    if (value == 0) {
      return OptionalLong.empty();
    }
    if (value < -1) {
      problems.invalid(field + name, value + " is not a size", "use bytes, -1 for no limit, or 0");
    }
    return OptionalLong.of(value);
  }

  private String cpuList(String name, String list) {
    if (!list.isEmpty() && (list.length() > 4096 || !CPU_LIST.matcher(list).matches())) {
      problems.invalid(
          field + name,
          TextRules.quoted(list) + " is not a list of numbers",
          "use the form 0-3,8 of cpuset(7)");
    }
    return list;
  }

  private List<ResourceIntent.HugepageLimit> hugepages(List<HugepageLimit> limits) {
    List<ResourceIntent.HugepageLimit> read = new ArrayList<>();
    for (int i = 0; i < limits.size(); i++) {
      HugepageLimit limit = limits.get(i);
      if (!PAGE_SIZE.matcher(limit.getPageSize()).matches() || limit.getLimit() < 0) {
        problems.invalid(
            field + "hugepage_limits[" + i + "]",
            TextRules.quoted(limit.getPageSize()) + " with this limit is not a huge page limit",
            "use a size such as 2MB and a limit below 2^63 bytes");
      }
      read.add(new ResourceIntent.HugepageLimit(limit.getPageSize(), limit.getLimit()));
    }
    return List.copyOf(read);
  }

  /**
   * Files of controllers only: the {@code cgroup.} files would move, freeze or kill what is not the
   * container's.
   */
  private Map<String, String> unified(Map<String, String> asked) {
    asked.forEach(
        (key, value) -> {
          if (!UNIFIED.matcher(key).matches() || key.startsWith("cgroup.")) {
            problems.invalid(
                field + "unified",
                TextRules.quoted(key) + " is not a file of a controller",
                "use names such as memory.high");
          }
          TextRules.bounded(problems, field + "unified[" + key + "]", value, 4096);
        });
    return new TreeMap<>(asked);
  }
}
