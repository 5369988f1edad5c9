package dev.stockade.shim.container;

import dev.stockade.launcher.engine.LaunchFailure;
import dev.stockade.launcher.plan.IdMaps;
import dev.stockade.launcher.spec.OciIdMapping;
import dev.stockade.shim.call.CallFailure;
import dev.stockade.shim.call.Refusals;
import dev.stockade.shim.intent.IdMap;
import dev.stockade.shim.intent.IntentRejection;
import dev.stockade.shim.intent.MountIntent;
import dev.stockade.shim.intent.Problems;
import dev.stockade.shim.node.NodeView;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Whether volumes that are to show other ids are on file systems that can do that. */
final class MappedVolumes {
  private MappedVolumes() {}

  /** Tries each; those that cannot are refused by their field and file system. */
  static void check(List<MountIntent> mounts, NodeView node) throws IntentRejection, CallFailure {
    Problems problems = new Problems();
    for (int i = 0; i < mounts.size(); i++) {
      MountIntent mount = mounts.get(i);
      if (mount.ofHost() && !mount.uidMaps().isEmpty()) {
        IdMaps maps = new IdMaps(oci(mount.uidMaps()), oci(mount.gidMaps()));
        Optional<String> type = unmappable(node, mount, maps);
        if (type.isPresent()) {
          problems.unenforceable(
              "mounts[" + i + "].uidMappings",
              "volume " + mount.source() + " on " + type.get() + " cannot be idmapped",
              "use another file system for volumes of pods with a user namespace");
        }
      }
    }
    problems.refuse("CreateContainer");
  }

  private static Optional<String> unmappable(NodeView node, MountIntent mount, IdMaps maps)
      throws CallFailure {
    try {
      return node.unmappable(Path.of(mount.source()), maps);
    } catch (LaunchFailure e) {
      throw Refusals.of("try to idmap " + mount.source(), e);
    } catch (IOException e) {
      throw Refusals.of("try to idmap " + mount.source(), e);
    }
  }

  private static List<OciIdMapping> oci(List<IdMap> maps) {
    return maps.stream()
        .map(map -> new OciIdMapping(map.containerId(), map.hostId(), map.length()))
        .toList();
  }
}
