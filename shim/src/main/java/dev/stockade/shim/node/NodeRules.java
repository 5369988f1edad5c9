package dev.stockade.shim.node;

/**
 * What the administrator lets a sound request have.
 *
 * @param root which containers may run as uid 0
 * @param makeSources whether a directory is made where the source of a mount is missing
 * @param beneathSys whether containers that are not privileged may have mounts beneath /sys
 * @param ownedDevices whether devices belong to the user and the group that a request names
 */
public record NodeRules(Root root, boolean makeSources, boolean beneathSys, boolean ownedDevices) {
  /** Which containers may run as uid 0. */
  public enum Root {
    /** All. */
    ALL,
    /** Those with a user namespace that is not the host's. */
    IN_USER_NAMESPACE,
    /** None. */
    NONE
  }
}
