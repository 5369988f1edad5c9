package dev.stockade.shim.intent;

import dev.stockade.cri.v1.HugepageLimit;
import dev.stockade.cri.v1.LinuxContainerResources;
import dev.stockade.cri.v1.UpdateContainerResourcesRequest;
import java.util.Map;
import java.util.TreeMap;

/**
 * The limits that a container is to have from now on.
 *
 * @param resources in the words of the protocol: what it had, with what is asked for in its place
 */
public record ResourceUpdate(LinuxContainerResources resources, ResourceIntent limits) {
  /**
   * Reads an UpdateContainerResources request. What it leaves empty stays as it is.
   *
   * @param before the limits so far
   * @throws IntentRejection with every problem found
   */
  public static ResourceUpdate read(
      LinuxContainerResources before, UpdateContainerResourcesRequest request)
      throws IntentRejection {
    Problems problems = new Problems();
    new UnknownFields(problems).check("", request);
    if (request.hasWindows()) {
      problems.invalid("windows", "is set", "this node runs Linux; clear the Windows fields");
    }
    if (!request.hasLinux()) {
      problems.invalid("linux", "is missing", "give the limits that are to change");
    }
    ResourceUpdate update = of(problems, merged(before, request.getLinux()));
    problems.refuse("UpdateContainerResources");
    return update;
  }

  /** Limits that were accepted before. */
  public static ResourceUpdate stored(LinuxContainerResources resources) throws IntentRejection {
    Problems problems = new Problems();
    ResourceUpdate update = of(problems, resources);
    problems.refuse("the stored limits");
    return update;
  }

  private static ResourceUpdate of(Problems problems, LinuxContainerResources resources) {
    return new ResourceUpdate(resources, new ResourceReader(problems, "linux").read(resources));
  }

  private static LinuxContainerResources merged(
      LinuxContainerResources before, LinuxContainerResources asked) {
    Map<String, HugepageLimit> pages = new TreeMap<>();
    before.getHugepageLimitsList().forEach(limit -> pages.put(limit.getPageSize(), limit));
    asked.getHugepageLimitsList().forEach(limit -> pages.put(limit.getPageSize(), limit));
    return before.toBuilder()
        .mergeFrom(asked)
        .clearHugepageLimits()
        .addAllHugepageLimits(pages.values())
        .build();
  }
}
