package dev.stockade.shim.intent;

import java.util.List;
import java.util.Optional;

/**
 * Which namespaces a pod or container is to live in.
 *
 * @param target with {@link Pid#TARGET}: the container whose PID namespace is joined
 * @param user the pod's own user namespace; empty for the host's
 */
public record NamespaceIntent(
    Sharing network, Pid pid, Sharing ipc, Optional<String> target, Optional<UserNamespace> user) {

  /** What a request without namespace options means in the protocol: everything per pod. */
  public static final NamespaceIntent POD =
      new NamespaceIntent(Sharing.POD, Pid.POD, Sharing.POD, Optional.empty(), Optional.empty());

  /** Whose network or IPC namespace. */
  public enum Sharing {
    /** One for the pod. */
    POD,
    /** The host's. */
    NODE
  }

  /** Whose PID namespace. */
  public enum Pid {
    /** One for the pod, shared by its containers. */
    POD,
    /** One for each container. */
    CONTAINER,
    /** The host's. */
    NODE,
    /** That of another container of the pod. */
    TARGET
  }

  /** A user namespace by its maps, one range each. */
  public record UserNamespace(List<IdMap> uids, List<IdMap> gids) {}
}
