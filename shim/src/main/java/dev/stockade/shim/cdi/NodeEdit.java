package dev.stockade.shim.cdi;

import java.util.Optional;

/**
 * A device node.
 *
 * @param path in the container
 * @param hostPath of the node on the host
 * @param type {@code c} or {@code b}; empty for what the host's node is
 * @param number which device it is; empty for what the host's node is
 * @param mode permission bits; empty for the host's
 * @param access of r, w and m
 * @param uid empty for the host's
 * @param gid empty for the host's
 */
public record NodeEdit(
    String path,
    String hostPath,
    Optional<Character> type,
    Optional<DeviceNumber> number,
    Optional<Integer> mode,
    String access,
    Optional<Long> uid,
    Optional<Long> gid) {
  /** Which device of its type a node stands for. */
  public record DeviceNumber(long major, long minor) {}
}
