package dev.stockade.launcher.plan;

import dev.stockade.launcher.spec.OciCpu;
import dev.stockade.launcher.spec.OciHugepageLimit;
import dev.stockade.launcher.spec.OciMemory;
import dev.stockade.launcher.spec.OciResources;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The OCI limits, which speak of cgroup v1, as the files of cgroup2 and what is written to them.
 */
public final class CgroupSettings {
  private static final String MAX = "max";
  private static final long DEFAULT_PERIOD = 100_000;
  private static final long MIN_PERIOD = 1_000;
  private static final long MAX_PERIOD = 1_000_000;
  private static final long MIN_QUOTA = 1_000;
  private static final long MIN_SHARES = 2;
  private static final long MAX_SHARES = 262_144;
  private static final long WEIGHTS = 9_999;
  private static final Pattern PAGE_SIZE = Pattern.compile("[1-9][0-9]{0,6}[KMG]B");
  private static final Pattern FILE =
      Pattern.compile("[a-z0-9_]{1,32}(\\.[a-zA-Z0-9_]{1,32}){1,4}");

  private final Map<String, String> files = new TreeMap<>();
  private final Problems problems;

  private CgroupSettings(Problems problems) {
    this.problems = problems;
  }

  /**
   * What to write where, by file name; the part before the first dot names the controller. Read
   * back, the files show the same, but for memory values, which the kernel rounds down to whole
   * pages, and lists of numbers, which it puts in order: so do these.
   *
   * @throws LaunchRejection if a limit is none that cgroup2 has
   */
  public static Map<String, String> of(@Nullable OciResources resources) throws LaunchRejection {
    Problems problems = new Problems();
    Map<String, String> files = of(resources, problems);
    problems.throwAny();
    return files;
  }

  static Map<String, String> of(@Nullable OciResources resources, Problems problems) {
    CgroupSettings settings = new CgroupSettings(problems);
    if (resources != null) {
      settings.memory(resources.memory());
      settings.cpu(resources.cpu());
      if (resources.pids() != null) {
        settings.files.put(
            "pids.max", limit("linux.resources.pids.limit", resources.pids().limit(), problems));
      }
      for (OciHugepageLimit limit : resources.hugepageLimits()) {
        settings.hugepages(limit);
      }
      resources.unified().forEach(settings::unified);
      settings.files.replaceAll(UnifiedValue::rounded);
    }
    return settings.files;
  }

  private static String limit(String field, long value, Problems problems) {
    if (value < -1) {
      problems.add(field, value + " is no limit", "use a number from 0, or -1 for no limit");
    }
    return value < 0 ? MAX : Long.toString(value);
  }

  private void memory(@Nullable OciMemory memory) {
    if (memory == null) {
      return;
    }
    String field = "linux.resources.memory.";
    Long limit = memory.limit();
    if (limit != null && limit != 0) {
      files.put("memory.max", limit(field + "limit", limit, problems));
    }
    Long reservation = memory.reservation();
    if (reservation != null && reservation != 0) {
      files.put("memory.low", limit(field + "reservation", reservation, problems));
    }
    Long swap = memory.swap();
    if (swap != null && swap != 0) {
      swap(field + "swap", swap, limit == null ? 0 : limit);
    }
  }

  /** cgroup v1 limits memory and swap together, cgroup2 swap alone. */
  private void swap(String field, long together, long limit) {
    if (together < 0) {
      files.put("memory.swap.max", limit(field, together, problems));
    } else if (limit <= 0 || together < limit) {
      problems.add(
          field,
          "is below the memory limit, or there is none",
          "it counts memory and swap together");
    } else {
      files.put("memory.swap.max", limit(field, together - limit, problems));
    }
  }

  private void cpu(@Nullable OciCpu cpu) {
    if (cpu == null) {
      return;
    }
    Long shares = cpu.shares();
    if (shares != null && shares != 0) {
      files.put("cpu.weight", Long.toString(weight(shares)));
    }
    bandwidth(cpu.quota(), cpu.period());
    list("cpuset.cpus", "linux.resources.cpu.cpus", cpu.cpus());
    list("cpuset.mems", "linux.resources.cpu.mems", cpu.mems());
  }

  /**
   * Shares of 2 to 262144 become weights of 1 to 10000 on a straight line, as Kubernetes does
   * (KEP-2254).
   */
  private long weight(long shares) {
    if (shares < MIN_SHARES || shares > MAX_SHARES) {
      problems.add("linux.resources.cpu.shares", shares + " is out of bounds", "use 2 to 262144");
      return 1;
    }
    return 1 + (shares - MIN_SHARES) * WEIGHTS / (MAX_SHARES - MIN_SHARES);
  }

  private void bandwidth(@Nullable Long quota, @Nullable Long period) {
    if ((quota == null || quota == 0) && (period == null || period == 0)) {
      return;
    }
    long every = period == null || period == 0 ? DEFAULT_PERIOD : period;
    if (every < MIN_PERIOD || every > MAX_PERIOD) {
      problems.add(
          "linux.resources.cpu.period",
          every + " is out of bounds",
          "use 1000 to 1000000 microseconds");
    }
    if (quota != null && quota > 0 && quota < MIN_QUOTA) {
      problems.add(
          "linux.resources.cpu.quota",
          quota + " is out of bounds",
          "use at least 1000 microseconds");
    }
    files.put("cpu.max", (quota == null || quota <= 0 ? MAX : Long.toString(quota)) + " " + every);
  }

  private void list(String file, String field, String value) {
    if (value.isEmpty()) {
      return;
    }
    Optional<NumberList> list = NumberList.parse(value);
    if (list.isEmpty()) {
      problems.add(field, "is no list of numbers", "write it as in 0-3,7");
    }
    files.put(file, list.map(NumberList::toString).orElse(value));
  }

  private void hugepages(OciHugepageLimit limit) {
    String field = "linux.resources.hugepageLimits";
    if (!PAGE_SIZE.matcher(limit.pageSize()).matches()) {
      problems.add(field, "\"" + limit.pageSize() + "\" is no page size", "write it as in 2MB");
      return;
    }
    String file = "hugetlb." + limit.pageSize() + ".max";
    files.put(
        file,
        limit(field + "." + limit.pageSize().toLowerCase(Locale.ROOT), limit.limit(), problems));
  }

  private void unified(String file, String value) {
    String field = "linux.resources.unified." + file;
    if (!FILE.matcher(file).matches() || file.startsWith("cgroup.")) {
      problems.add(field, "is no limit of a controller", "name a file as in memory.high");
    } else if (problems.text(field, value)) {
      UnifiedValue.of(file, value, problems).ifPresent(shown -> files.put(file, shown));
    }
  }
}
