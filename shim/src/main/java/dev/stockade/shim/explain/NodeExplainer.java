package dev.stockade.shim.explain;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.Image;
import dev.stockade.cri.v1.PodSandboxConfig;
import dev.stockade.launcher.engine.LimitsFile;
import dev.stockade.shim.config.Config;
import dev.stockade.shim.config.NetworkConfig;
import dev.stockade.shim.cri.ImageMessages;
import dev.stockade.shim.daemon.NodePreview;
import dev.stockade.shim.image.ImageException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Explains requests on this node, with or without a daemon. */
public final class NodeExplainer implements AutoCloseable {
  private final Config config;
  private final NodePreview node;
  private final LimitsFile limits;

  /** Why pods would not get a network with this configuration; empty when they would. */
  public static Optional<String> networkObstacle(NetworkConfig network) {
    return NodePreview.networkObstacle(network);
  }

  private NodeExplainer(Config config, NodePreview node, LimitsFile limits) {
    this.config = config;
    this.node = node;
    this.limits = limits;
  }

  /**
   * Looks at the node as a daemon with this configuration would.
   *
   * @param volumes directory of volumes that are made before their pod
   * @param warden absolute path of the static binary
   */
  public static NodeExplainer open(Config config, Path volumes, Path warden)
      throws IOException, ImageException {
    return new NodeExplainer(config, new NodePreview(config, volumes, warden), LimitsFile.own());
  }

  /** Whether mounts can be read-only with all below them. */
  public boolean recursiveReadOnly() {
    return node.facts().recursiveReadOnly();
  }

  /** An image of this node, in the words of the protocol. */
  public Optional<Image> image(String reference) {
    try {
      return node.images().find(reference).map(image -> ImageMessages.item(image, false));
    } catch (ImageException e) {
      return Optional.empty();
    }
  }

  /** What would become of a pod and its containers. */
  public Explanation explain(
      PodSandboxConfig sandbox, String handler, List<ContainerConfig> containers) {
    List<String> missing = node.missing();
    if (!missing.isEmpty()) {
      String text = "this host lacks " + String.join("; ", missing);
      return new Explanation(
          sandbox.getMetadata().getName(),
          Optional.of(new Explanation.Refusal(text, false)),
          List.of());
    }
    return new Explainer(node, config, node.networkObstacle(), limits)
        .explain(sandbox, handler, containers);
  }

  @Override
  public void close() {
    node.close();
  }
}
