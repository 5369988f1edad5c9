package dev.stockade.shim.node;

import java.nio.file.Path;

/**
 * Where the daemon keeps what it owns; both directories belong to root alone.
 *
 * @param state survives a reboot: records, images, what containers write
 * @param run of this boot only: namespaces, sockets, files mounted into pods
 */
public record NodePaths(Path state, Path run) {
  /** Records of pods. */
  public Path podRecords() {
    return state.resolve("pods");
  }

  /** Records of containers, and the files they write. */
  public Path containerRecords() {
    return state.resolve("containers");
  }

  /** Images, with the layers of containers. */
  public Path images() {
    return state.resolve("images");
  }

  /** The launcher's own. */
  public Path warden() {
    return run.resolve("warden");
  }

  /** One pod's namespaces and files. */
  public Path pod(String id) {
    return run.resolve("pods").resolve(id);
  }

  /** One container's exit record and control socket. */
  public Path container(String id) {
    return run.resolve("containers").resolve(id);
  }
}
