package dev.stockade.shim.cli.manifest;

import dev.stockade.cri.v1.Mount;
import dev.stockade.cri.v1.MountPropagation;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a container mounts of its pod's volumes. */
final class VolumeMounts {
  private static final Map<String, MountPropagation> PROPAGATIONS =
      Map.of(
          "None", MountPropagation.PROPAGATION_PRIVATE,
          "HostToContainer", MountPropagation.PROPAGATION_HOST_TO_CONTAINER,
          "Bidirectional", MountPropagation.PROPAGATION_BIDIRECTIONAL);

  /** How a read-only mount treats what is mounted below it. */
  private enum Below {
    LEAVE,
    IF_POSSIBLE,
    REQUIRED
  }

  private static final Map<String, Below> BELOW =
      Map.of("Disabled", Below.LEAVE, "IfPossible", Below.IF_POSSIBLE, "Enabled", Below.REQUIRED);

  private final Volumes volumes;
  private final NodeFacts node;

  VolumeMounts(Volumes volumes, NodeFacts node) {
    this.volumes = volumes;
    this.node = node;
  }

  List<Mount> read(Fields container) {
    List<Mount> mounts = new ArrayList<>();
    container.each("volumeMounts", item -> mounts.add(mount(item)));
    return mounts;
  }

  private Mount mount(Fields item) {
    String name = item.requiredText("name");
    Optional<Path> source = volumes.source(name);
    if (source.isEmpty() && !name.isEmpty()) {
      item.problem("name", "there is no volume \"" + name + "\"");
    }
    boolean readOnly = item.flag("readOnly", false);
    MountPropagation propagation =
        item.choice("mountPropagation", PROPAGATIONS).orElse(MountPropagation.PROPAGATION_PRIVATE);
    return Mount.newBuilder()
        .setContainerPath(absolute(item.requiredText("mountPath")))
        .setHostPath(source.map(Path::toString).orElse(""))
        .setReadonly(readOnly)
        .setRecursiveReadOnly(recursive(item, readOnly, propagation))
        .setPropagation(propagation)
        .setSelinuxRelabel(false)
        .build();
  }

  private boolean recursive(Fields item, boolean readOnly, MountPropagation propagation) {
    Below below = item.choice("recursiveReadOnly", BELOW).orElse(Below.LEAVE);
    if (below == Below.LEAVE) {
      return false;
    }
    if (!readOnly || propagation != MountPropagation.PROPAGATION_PRIVATE) {
      item.problem("recursiveReadOnly", "goes with readOnly: true and no propagation only");
    }
    return below == Below.REQUIRED || node.recursiveReadOnly();
  }

  /** A relative path is meant from the root, as kubelets take it. */
  private static String absolute(String path) {
    return path.isEmpty() || path.startsWith("/") ? path : "/" + path;
  }
}
