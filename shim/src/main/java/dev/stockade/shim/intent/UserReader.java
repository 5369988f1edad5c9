package dev.stockade.shim.intent;

import dev.stockade.cri.v1.LinuxContainerSecurityContext;
import dev.stockade.cri.v1.SupplementalGroupsPolicy;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Reads who the process is to be. */
final class UserReader {
  /**
   * Identifiers end here: 2^32 - 1 means "no change" to the kernel, and numbers beyond 32 bits
   * wrapped to root in other runtimes (CVE-2024-40635).
   */
  static final long MAX_ID = Integer.MAX_VALUE;

  /** NGROUPS_MAX (setgroups(2)). */
  private static final int MOST_GROUPS = 65_536;

  private final Problems problems;
  private final String field;

  UserReader(Problems problems, String field) {
    this.problems = problems;
    this.field = field + ".";
  }

  UserIntent read(LinuxContainerSecurityContext asked) {
    OptionalLong uid = OptionalLong.empty();
    OptionalLong gid = OptionalLong.empty();
    if (asked.hasRunAsUser()) {
      uid = OptionalLong.of(id("run_as_user", asked.getRunAsUser().getValue()));
    }
    if (asked.hasRunAsGroup()) {
      gid = OptionalLong.of(id("run_as_group", asked.getRunAsGroup().getValue()));
    }
    String name = asked.getRunAsUsername();
    if (uid.isPresent() && !name.isEmpty()) {
      problems.invalid(
          field + "run_as_username", "is set together with run_as_user", "set one of the two");
    }
    if (gid.isPresent() && uid.isEmpty() && name.isEmpty()) {
      problems.invalid(
          field + "run_as_group",
          "is set without a user",
          "set run_as_user or run_as_username too");
    }
    TextRules.bounded(problems, field + "run_as_username", name, TextRules.MAX_NAME_BYTES);
    return new UserIntent(
        uid,
        name.isEmpty() ? Optional.empty() : Optional.of(name),
        gid,
        groups(asked.getSupplementalGroupsList()),
        policy(asked));
  }

  private UserIntent.GroupPolicy policy(LinuxContainerSecurityContext asked) {
    SupplementalGroupsPolicy policy = asked.getSupplementalGroupsPolicy();
    if (policy == SupplementalGroupsPolicy.UNRECOGNIZED) {
      problems.invalid(
          field + "supplemental_groups_policy",
          asked.getSupplementalGroupsPolicyValue() + " is not a policy",
          "use Merge or Strict");
    }
    return policy == SupplementalGroupsPolicy.Strict
        ? UserIntent.GroupPolicy.STRICT
        : UserIntent.GroupPolicy.MERGE;
  }

  private List<Long> groups(List<Long> groups) {
    if (groups.size() > MOST_GROUPS) {
      problems.invalid(
          field + "supplemental_groups",
          "has " + groups.size() + " entries",
          "the kernel takes at most " + MOST_GROUPS);
      return List.of();
    }
    for (int i = 0; i < groups.size(); i++) {
      id("supplemental_groups[" + i + "]", groups.get(i));
    }
    return List.copyOf(groups);
  }

  private long id(String name, long value) {
    if (value < 0 || value > MAX_ID) {
      problems.invalid(field + name, value + " is not an id", "use 0 to " + MAX_ID);
      return 0;
    }
    return value;
  }
}
