package dev.stockade.shim.intent;

import java.util.List;
import java.util.Optional;

/**
 * A directory or file of the host, or files of an image, shown inside the container.
 *
 * @param target absolute path in the container, without {@code ..}
 * @param source absolute path on the host, without {@code ..}; empty for an image
 * @param image instead of the host
 * @param recursiveReadOnly read-only also for every mount below the source (KEP-3857)
 * @param recursive whether what is mounted below the source is shown too
 * @param restrictions of nosuid, nodev and noexec
 * @param uidMaps empty when the mount shows the host's ids
 */
public record MountIntent(
    String target,
    String source,
    Optional<ImageVolumeIntent> image,
    boolean readOnly,
    boolean recursiveReadOnly,
    Propagation propagation,
    boolean selinuxRelabel,
    boolean recursive,
    List<String> restrictions,
    List<IdMap> uidMaps,
    List<IdMap> gidMaps) {

  /** How mounts made later on one side reach the other (mount_namespaces(7)). */
  public enum Propagation {
    /** Neither way. */
    PRIVATE,
    /** From the host into the container. */
    HOST_TO_CONTAINER,
    /** Both ways. */
    BIDIRECTIONAL
  }

  /** Whether it shows something of the host, at its source, and not an image. */
  public boolean ofHost() {
    return image.isEmpty();
  }
}
