package dev.stockade.shim.image;

import java.util.List;
import java.util.Optional;

/**
 * A user as the image knows it.
 *
 * @param gid primary group; 0 for a number that is not in the image's /etc/passwd
 * @param name absent for a number that is not in the image's /etc/passwd
 * @param groups groups of the image's /etc/group that have the user as a member, without {@code
 *     gid}
 * @param home absolute; {@code /} where the image does not say
 */
public record ImageUser(long uid, long gid, Optional<String> name, List<Long> groups, String home) {
  /** Copies the list. */
  public ImageUser {
    groups = List.copyOf(groups);
  }
}
