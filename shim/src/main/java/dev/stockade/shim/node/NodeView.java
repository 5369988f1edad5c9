package dev.stockade.shim.node;

import dev.stockade.launcher.engine.LaunchFailure;
import dev.stockade.launcher.plan.FileKind;
import dev.stockade.launcher.plan.HostFacts;
import dev.stockade.launcher.plan.IdMaps;
import dev.stockade.shim.image.ImageStore;
import dev.stockade.shim.lsm.AppArmor;
import dev.stockade.shim.lsm.Selinux;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** What a request is judged by: the same for the daemon and for whoever only wants to know. */
public interface NodeView {
  /** What the kernel can do. */
  HostFacts facts();

  /** Where each launch attaches its root, in a mount namespace of its own. */
  Path rootMountPoint();

  /** Images of this node. */
  ImageStore images();

  /** AppArmor of this node. */
  AppArmor appArmor();

  /** SELinux of this node, where the kernel has it. */
  Optional<Selinux> selinux();

  /** The daemon's directories. */
  NodePaths paths();

  /** The administrator's decisions. */
  NodeSettings settings();

  /** The type of the file system that a path of the host is on, if that cannot be idmapped. */
  Optional<String> unmappable(Path path, IdMaps maps) throws IOException, LaunchFailure;

  /** What will be at a path of the host that nothing is at yet, because it is made beforehand. */
  default Optional<FileKind> coming(Path path) {
    return Optional.empty();
  }
}
