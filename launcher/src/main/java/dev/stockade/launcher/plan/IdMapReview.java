package dev.stockade.launcher.plan;

import dev.stockade.launcher.spec.OciIdMapping;
import java.util.List;

/**
 * Whether id mappings are ones the kernel takes and a container can live with, user_namespaces(7).
 */
final class IdMapReview {
  /** The largest id: 4294967295 means "none" to the kernel. */
  static final long MAX_ID = 0xffff_fffeL;

  private static final int MAX_LINES = 340;

  private IdMapReview() {}

  static void check(String field, List<OciIdMapping> ranges, Problems problems) {
    if (ranges.isEmpty()) {
      problems.add(field, "no ids are mapped in the user namespace", "map at least id 0");
      return;
    }
    if (ranges.size() > MAX_LINES) {
      problems.add(
          field, "more than " + MAX_LINES + " lines", "the kernel takes no more: merge ranges");
      return;
    }
    for (int i = 0; i < ranges.size(); i++) {
      checkRange(field + "[" + i + "]", ranges.get(i), problems);
      for (int j = 0; j < i; j++) {
        checkOverlap(field, ranges.get(j), ranges.get(i), problems);
      }
    }
    if (ranges.stream().noneMatch(r -> r.containerID() == 0)) {
      problems.add(field, "id 0 is not mapped", "the container's root file system is made as id 0");
    }
  }

  private static void checkRange(String field, OciIdMapping range, Problems problems) {
    boolean positive = range.containerID() >= 0 && range.hostID() >= 0 && range.size() > 0;
    if (!positive
        || range.size() > MAX_ID + 1
        || range.containerID() > MAX_ID + 1 - range.size()
        || range.hostID() > MAX_ID + 1 - range.size()) {
      problems.add(
          field, "is no range of ids", "ids are 0 to 4294967294, and the size is at least 1");
    }
  }

  private static void checkOverlap(
      String field, OciIdMapping a, OciIdMapping b, Problems problems) {
    if (overlap(a.containerID(), b.containerID(), a.size(), b.size())
        || overlap(a.hostID(), b.hostID(), a.size(), b.size())) {
      problems.add(field, "ranges overlap", "the kernel refuses that with EINVAL");
    }
  }

  private static boolean overlap(long a, long b, long sizeA, long sizeB) {
    return a < b + sizeB && b < a + sizeA;
  }
}
