package dev.stockade.launcher.spec;

import com.fasterxml.jackson.annotation.JsonInclude;

/**
 * A namespace to create or, with a path, to join.
 *
 * @param type pid, network, mount, ipc, uts, user, cgroup or time
 * @param path of a namespace file on the host; empty: a new one
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record OciNamespace(String type, String path) {
  public OciNamespace {
    type = type == null ? "" : type;
    path = path == null ? "" : path;
  }
}
