package dev.stockade.shim.oci;

import java.util.List;
import java.util.stream.Stream;

/**
 * Who a process is, after the image's user database was asked.
 *
 * @param groups supplementary groups; always holds {@code gid}, because a process whose primary
 *     group is missing there escapes rules that deny the group (CVE-2022-2995, CVE-2023-25173)
 * @param home absolute path of the home directory
 */
public record Identity(long uid, long gid, List<Long> groups, String home) {
  /** Adds the primary group to the list, which is kept sorted and without repetition. */
  public Identity {
    long primary = gid;
    groups = Stream.concat(groups.stream(), Stream.of(primary)).distinct().sorted().toList();
  }
}
