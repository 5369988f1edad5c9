package dev.stockade.shim.oci;

/**
 * A device node of the host that the container gets.
 *
 * @param path absolute path in the container
 * @param type {@code c} or {@code b}
 * @param mode permission bits
 * @param access of r, w and m
 */
public record DeviceNode(
    String path, char type, long major, long minor, int mode, long uid, long gid, String access) {
  /** The same node of another owner. */
  public DeviceNode ownedBy(long user, long group) {
    return new DeviceNode(path, type, major, minor, mode, user, group, access);
  }
}
