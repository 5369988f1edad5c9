package dev.stockade.shim.cli.manifest;

import dev.stockade.cri.v1.LinuxContainerResources;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Requests and limits of one container.
 *
 * @param requests by name of the resource, completed from the limits as the API server does
 * @param limits by name of the resource
 */
record ResourceAmounts(Map<String, Quantity> requests, Map<String, Quantity> limits) {
  private static final String CPU = "cpu";
  private static final String MEMORY = "memory";
  private static final String HUGE_PAGES = "hugepages-";
  private static final long LEAST_SHARES = 2;
  private static final long MOST_SHARES = 262_144;

  static final ResourceAmounts NONE = new ResourceAmounts(Map.of(), Map.of());

  static ResourceAmounts read(Fields fields) {
    Map<String, Quantity> limits = new LinkedHashMap<>();
    Map<String, Quantity> requests = new LinkedHashMap<>();
    fields.ifObject("limits", each -> readAll(each, limits));
    fields.ifObject("requests", each -> readAll(each, requests));
    limits.forEach(requests::putIfAbsent);
    requests.forEach(
        (name, request) -> {
          Quantity limit = limits.get(name);
          if (limit != null && request.value().compareTo(limit.value()) > 0) {
            fields.problem("requests." + name, "is more than the limit");
          }
        });
    return new ResourceAmounts(requests, limits);
  }

  private static void readAll(Fields fields, Map<String, Quantity> amounts) {
    for (String name : fields.names()) {
      if (!name.equals(CPU) && !name.equals(MEMORY) && !name.startsWith(HUGE_PAGES)) {
        fields.problem(name, "is no resource that \"stockade run\" can limit");
        continue;
      }
      Optional<String> text = fields.scalar(name);
      Optional<Quantity> quantity = text.flatMap(Quantity::parse);
      if (text.isPresent() && quantity.isEmpty()) {
        fields.problem(name, "is no quantity: \"" + text.get() + "\"");
      }
      quantity.ifPresent(amount -> amounts.put(name, amount));
    }
  }

  Quantity request(String name) {
    return requests.getOrDefault(name, Quantity.ZERO);
  }

  /** Whether the container says how much CPU and memory it may use, and asks for just that. */
  boolean guaranteed() {
    return isFixed(CPU) && isFixed(MEMORY);
  }

  boolean isEmpty() {
    return requests.isEmpty() && limits.isEmpty();
  }

  long memoryRequest() {
    return request(MEMORY).units();
  }

  /**
   * The amounts as a kubelet sends them. Where a pod asks for nothing, no weight is sent either: a
   * kubelet would send the smallest, which needs a controller for no constraint that was asked for.
   */
  LinuxContainerResources toCri(long oomScoreAdj) {
    LinuxContainerResources.Builder resources =
        LinuxContainerResources.newBuilder().setOomScoreAdj(oomScoreAdj);
    if (requests.containsKey(CPU)) {
      resources.setCpuShares(shares(request(CPU).thousandths()));
    }
    Quantity cpu = limits.get(CPU);
    if (cpu != null && cpu.thousandths() > 0) {
      CpuTime.of(cpu).into(resources);
    }
    Quantity memory = limits.get(MEMORY);
    if (memory != null) {
      resources.setMemoryLimitInBytes(memory.units());
    }
    limits.forEach((name, amount) -> addHugePages(resources, name, amount));
    return resources.build();
  }

  /** The weight a request for CPU has, in the scale where one CPU is 1024. */
  static long shares(long milliCpus) {
    long shares = Math.min(milliCpus, MOST_SHARES) * 1024 / 1000;
    return Math.min(MOST_SHARES, Math.max(LEAST_SHARES, shares));
  }

  private boolean isFixed(String name) {
    Quantity limit = limits.get(name);
    return limit != null
        && limit.value().signum() > 0
        && limit.value().compareTo(request(name).value()) == 0;
  }

  private static void addHugePages(
      LinuxContainerResources.Builder resources, String name, Quantity amount) {
    if (name.startsWith(HUGE_PAGES)) {
      // "hugepages-2Mi" is "2MB" where the kernel spells it.
      String size = name.substring(HUGE_PAGES.length()).replaceAll("i$", "B");
      resources.addHugepageLimitsBuilder().setPageSize(size).setLimit(amount.units());
    }
  }
}
