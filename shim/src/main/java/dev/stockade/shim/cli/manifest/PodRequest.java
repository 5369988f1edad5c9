package dev.stockade.shim.cli.manifest;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.PodSandboxConfig;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.UnaryOperator;

/**
 * A pod as it is asked of the daemon.
 *
 * @param sandbox the pod; without a user namespace, which is added when its ids have been chosen
 * @param runtimeHandler the handler asked for, or empty
 * @param ownUserNamespace whether it gets a user namespace of its own
 * @param emptyDirs volumes to make beforehand
 * @param initContainers run one after the other, each to a good end, before the others
 * @param containers run side by side
 * @param gracePeriodSeconds between the stop signal and SIGKILL
 * @param notices what was left out and makes no difference to the constraints
 */
public record PodRequest(
    PodSandboxConfig sandbox,
    String runtimeHandler,
    boolean ownUserNamespace,
    List<EmptyDir> emptyDirs,
    List<OneContainer> initContainers,
    List<OneContainer> containers,
    long gracePeriodSeconds,
    List<String> notices) {

  public PodRequest {
    emptyDirs = List.copyOf(emptyDirs);
    initContainers = List.copyOf(initContainers);
    containers = List.copyOf(containers);
    notices = List.copyOf(notices);
  }

  /** The same pod with other messages. */
  public PodRequest map(
      UnaryOperator<PodSandboxConfig> onSandbox, UnaryOperator<OneContainer> onContainer) {
    return new PodRequest(
        onSandbox.apply(sandbox),
        runtimeHandler,
        ownUserNamespace,
        emptyDirs,
        initContainers.stream().map(onContainer).toList(),
        containers.stream().map(onContainer).toList(),
        gracePeriodSeconds,
        notices);
  }

  /** What is done with the user an image names, where nothing else says who a container runs as. */
  public enum ImageUser {
    /** Nothing: the daemon takes it. */
    LEAVE,
    /** It is looked up and sent, as a kubelet does. */
    SEND,
    /** The same, and root or a user without a number is refused ({@code runAsNonRoot}). */
    SEND_UNLESS_ROOT
  }

  /** One container. */
  public record OneContainer(ContainerConfig config, ImageUser imageUser) {

    /** The container's name. */
    public String name() {
      return config.getMetadata().getName();
    }
  }

  /**
   * A volume that begins empty.
   *
   * @param group the group it belongs to, where the pod has one for its volumes
   */
  public record EmptyDir(String name, OptionalLong group) {}
}
