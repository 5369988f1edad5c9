package dev.stockade.shim.container;

import dev.stockade.cri.v1.NamespaceMode;
import dev.stockade.cri.v1.NamespaceOption;
import dev.stockade.launcher.engine.RunningProcess;
import dev.stockade.launcher.plan.NamespaceKind;
import dev.stockade.shim.call.CallFailure;
import dev.stockade.shim.call.CallFailure.Kind;
import java.nio.file.Path;
import java.util.Optional;

/** The container in whose PID namespace another one of its pod is to live. */
final class PidTarget {
  private static final String FIELD =
      " refused: linux.security_context.namespace_options.target_id: ";

  /** A node without containers. */
  static final Finder NOBODY =
      (id, podId) -> {
        throw missing("CreateContainer", id, false);
      };

  private final Containers containers;

  /** Finds the file of a target's PID namespace. */
  @FunctionalInterface
  interface Finder {
    Path namespace(String id, String podId) throws CallFailure;
  }

  PidTarget(Containers containers) {
    this.containers = containers;
  }

  /** The file of the PID namespace of a container that is being made. */
  Path namespace(String id, String podId) throws CallFailure {
    return namespace(running("CreateContainer", id, podId));
  }

  /** The file of the PID namespace; it means that namespace as long as the process lives. */
  static Path namespace(RunningProcess process) {
    return Path.of("/proc/" + process.pid() + "/ns/" + NamespaceKind.PID.procName());
  }

  /** The process of the target, which must be a running container of the pod. */
  RunningProcess running(String attempted, String id, String podId) throws CallFailure {
    Optional<Container> target = containers.find(id).filter(c -> c.podId().equals(podId));
    return target
        .flatMap(Container::process)
        .orElseThrow(
            () ->
                missing(attempted, target.map(Container::toString).orElse(id), target.isPresent()));
  }

  private static CallFailure missing(String attempted, String id, boolean known) {
    return new CallFailure(
        known ? Kind.WRONG_STATE : Kind.NOT_FOUND,
        attempted + FIELD + id + " is not a running container of this pod; give the id of one");
  }

  /**
   * The process whose PID namespace a container that was made for it joins now; empty when it joins
   * none. A container runs once, so that it is the process of then, or none: its pid may be
   * somebody else's by now, and the launch looks whether it still lives.
   */
  Optional<RunningProcess> of(Container container) throws CallFailure {
    NamespaceOption options =
        container.config().getLinux().getSecurityContext().getNamespaceOptions();
    if (options.getPid() != NamespaceMode.TARGET) {
      return Optional.empty();
    }
    RunningProcess process = running("StartContainer", options.getTargetId(), container.podId());
    String path = namespace(process).toString();
    if (container.spec().linux() == null
        || container.spec().linux().namespaces().stream().noneMatch(n -> n.path().equals(path))) {
      throw new CallFailure(
          Kind.WRONG_STATE,
          "StartContainer"
              + FIELD
              + "the container was made for another process of "
              + options.getTargetId()
              + "; make it anew");
    }
    return Optional.of(process);
  }
}
