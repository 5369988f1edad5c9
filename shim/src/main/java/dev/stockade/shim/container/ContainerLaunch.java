package dev.stockade.shim.container;

import dev.stockade.launcher.plan.IoMode;
import dev.stockade.launcher.plan.LaunchKind;
import dev.stockade.launcher.plan.LaunchRequest;
import dev.stockade.launcher.plan.RootFs;
import dev.stockade.launcher.spec.OciSpec;
import dev.stockade.shim.call.CallFailure;
import dev.stockade.shim.image.ContainerRootFs;
import dev.stockade.shim.node.NodeView;

/**
 * Makes the launch request of a container: the same for the plan checked at creation and the one
 * carried out at start.
 */
final class ContainerLaunch {
  private final NodeView node;

  ContainerLaunch(NodeView node) {
    this.node = node;
  }

  /**
   * The request to launch a container.
   *
   * @param asked the spec as it was made
   * @param privileged whether it may see the daemon's own directories
   */
  LaunchRequest request(
      String id,
      OciSpec asked,
      ContainerRootFs root,
      boolean stdin,
      boolean logged,
      boolean privileged)
      throws CallFailure {
    BindSources sources = new BindSources(node);
    OciSpec spec = sources.resolve(asked, privileged);
    boolean terminal = spec.process() != null && spec.process().terminal();
    IoMode.Output output = logged ? IoMode.Output.LOG : IoMode.Output.DISCARD;
    return new LaunchRequest(
        LaunchKind.CONTAINER,
        id,
        spec,
        new RootFs.Overlay(root.lower(), root.upper(), root.work()),
        node.facts(),
        new IoMode(terminal, stdin, output),
        node.rootMountPoint(),
        sources.kinds(spec),
        node.settings().mayDegrade(),
        0);
  }
}
