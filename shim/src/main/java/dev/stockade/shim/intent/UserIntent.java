package dev.stockade.shim.intent;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Who the process is to be; what is absent comes from the image.
 *
 * @param uid user number, 0 to 2^31 - 1
 * @param name user name of the image, excludes {@code uid}
 * @param gid primary group number
 * @param supplementalGroups further group numbers
 */
public record UserIntent(
    OptionalLong uid,
    Optional<String> name,
    OptionalLong gid,
    List<Long> supplementalGroups,
    GroupPolicy groupPolicy) {

  /** Whether the image's /etc/group adds groups (KEP-3619). */
  public enum GroupPolicy {
    /** The image's memberships and the requested ones. */
    MERGE,
    /** The requested ones only. */
    STRICT
  }
}
