package dev.stockade.shim.container;

import dev.stockade.launcher.plan.FileKind;
import dev.stockade.launcher.plan.IoMode;
import dev.stockade.launcher.plan.LaunchKind;
import dev.stockade.launcher.plan.LaunchRequest;
import dev.stockade.launcher.plan.RootFs;
import dev.stockade.launcher.spec.OciMount;
import dev.stockade.launcher.spec.OciSpec;
import dev.stockade.shim.call.CallFailure;
import dev.stockade.shim.image.ContainerRootFs;
import dev.stockade.shim.node.Node;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Makes the launch request of a container: the same for the plan checked at creation and the one
 * carried out at start.
 */
final class ContainerLaunch {
  private final Node node;

  ContainerLaunch(Node node) {
    this.node = node;
  }

  LaunchRequest request(
      String id, OciSpec spec, ContainerRootFs root, boolean stdin, boolean logged)
      throws CallFailure {
    boolean terminal = spec.process() != null && spec.process().terminal();
    IoMode.Output output = logged ? IoMode.Output.LOG : IoMode.Output.DISCARD;
    return new LaunchRequest(
        LaunchKind.CONTAINER,
        id,
        spec,
        new RootFs.Overlay(root.lower(), root.upper(), root.work()),
        node.facts(),
        new IoMode(terminal, stdin, output),
        node.launcher().rootMountPoint(),
        bindSources(spec),
        node.settings().mayDegrade(),
        0);
  }

  /** What each bind's source is; all that are missing are named at once. */
  private Map<String, FileKind> bindSources(OciSpec spec) throws CallFailure {
    Map<String, FileKind> sources = new HashMap<>();
    List<String> problems = new ArrayList<>();
    for (OciMount mount : spec.mounts()) {
      if (!mount.type().equals("bind")) {
        continue;
      }
      Path source = Path.of(mount.source());
      if (!Files.exists(source)) {
        problems.add("host_path " + source + " of mount " + mount.destination() + " is missing");
      }
      sources.put(mount.source(), Files.isDirectory(source) ? FileKind.DIRECTORY : FileKind.FILE);
    }
    if (!problems.isEmpty()) {
      throw new CallFailure(
          CallFailure.Kind.WRONG_STATE,
          "mounts: " + String.join(", ", problems) + "; create what is to be mounted first");
    }
    return sources;
  }

  /**
   * No container may have the daemon's own directories, unless it is privileged and so has
   * everything: with them it could start containers itself.
   */
  void keepOut(List<dev.stockade.shim.intent.MountIntent> mounts) throws CallFailure {
    for (int i = 0; i < mounts.size(); i++) {
      Path source = Path.of(mounts.get(i).source());
      try {
        Path real = Files.exists(source) ? source.toRealPath() : source;
        if (real.startsWith(node.paths().run()) || real.startsWith(node.paths().state())) {
          throw new CallFailure(
              CallFailure.Kind.INVALID,
              "CreateContainer refused: mounts["
                  + i
                  + "].host_path: is a directory of this runtime; mount another, or run the"
                  + " container privileged");
        }
      } catch (IOException e) {
        throw dev.stockade.shim.call.Refusals.of("resolve mounts[" + i + "].host_path", e);
      }
    }
  }
}
