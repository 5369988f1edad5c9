package dev.stockade.shim.cli.manifest;

import java.nio.file.Path;

/**
 * Where what a pod needs on this side of the socket is.
 *
 * @param uid the pod's uid, unless its manifest gives one
 * @param logs directory of the containers' logs
 * @param volumes directory of the emptyDir volumes
 * @param seccompProfiles directory that {@code localhostProfile} is relative to
 */
public record PodPlace(String uid, Path logs, Path volumes, Path seccompProfiles) {

  /** Where the volume of a name is. */
  public Path volume(String name) {
    return volumes.resolve(name);
  }
}
