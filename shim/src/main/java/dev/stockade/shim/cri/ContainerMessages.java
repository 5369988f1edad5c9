package dev.stockade.shim.cri;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.ContainerFilter;
import dev.stockade.cri.v1.ContainerResources;
import dev.stockade.cri.v1.ContainerState;
import dev.stockade.cri.v1.ContainerStatus;
import dev.stockade.cri.v1.ContainerUser;
import dev.stockade.cri.v1.LinuxContainerResources;
import dev.stockade.cri.v1.LinuxContainerUser;
import dev.stockade.cri.v1.Mount;
import dev.stockade.launcher.spec.OciProcess;
import dev.stockade.shim.container.Container;
import dev.stockade.shim.container.Life;
import dev.stockade.shim.intent.CriSignals;
import dev.stockade.shim.intent.MountReader;
import dev.stockade.shim.oci.OciSpecBuilder;
import dev.stockade.shim.pod.Pod;
import dev.stockade.shim.receipt.Degradations;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Containers in the words of the protocol. Labels and annotations go back byte for byte as they
 * came.
 */
final class ContainerMessages {
  private static final String MISSING = "not in effect, as the configuration allows: ";

  private ContainerMessages() {}

  static ContainerState state(Life life) {
    return switch (life.phase()) {
      case CREATED -> ContainerState.CONTAINER_CREATED;
      case RUNNING -> ContainerState.CONTAINER_RUNNING;
      case EXITED -> ContainerState.CONTAINER_EXITED;
      case UNKNOWN -> ContainerState.CONTAINER_UNKNOWN;
    };
  }

  static dev.stockade.cri.v1.Container item(Container container) {
    ContainerConfig config = container.config();
    return dev.stockade.cri.v1.Container.newBuilder()
        .setId(container.id())
        .setPodSandboxId(container.podId())
        .setMetadata(config.getMetadata())
        .setImage(config.getImage())
        .setImageRef(container.imageId())
        .setImageId(container.imageId())
        .setState(state(container.life()))
        .setCreatedAt(container.life().createdAt())
        .putAllLabels(config.getLabelsMap())
        .putAllAnnotations(config.getAnnotationsMap())
        .build();
  }

  /**
   * The status of a container.
   *
   * @param pod its pod, for the place of the log
   */
  static ContainerStatus status(Container container, Optional<Pod> pod) {
    ContainerConfig config = container.config();
    Life life = container.life();
    ContainerStatus.Builder status =
        ContainerStatus.newBuilder()
            .setId(container.id())
            .setMetadata(config.getMetadata())
            .setState(state(life))
            .setCreatedAt(life.createdAt())
            .setStartedAt(life.startedAt())
            .setFinishedAt(life.finishedAt())
            .setExitCode(life.exitCode())
            .setReason(life.reason())
            .setMessage(message(container))
            .setImage(config.getImage())
            .setImageRef(container.imageId())
            .setImageId(container.imageId())
            .putAllLabels(config.getLabelsMap())
            .putAllAnnotations(config.getAnnotationsMap())
            .addAllMounts(mounts(container))
            .setLogPath(logPath(container, pod))
            .setStopSignal(CriSignals.of(container.stopSignal()));
    if (!container.resources().equals(LinuxContainerResources.getDefaultInstance())) {
      status.setResources(ContainerResources.newBuilder().setLinux(container.resources()));
    }
    OciProcess process = container.spec().process();
    if (process != null) {
      status.setUser(
          ContainerUser.newBuilder()
              .setLinux(
                  LinuxContainerUser.newBuilder()
                      .setUid(process.user().uid())
                      .setGid(process.user().gid())
                      .addAllSupplementalGroups(process.user().additionalGids())));
    }
    return status.build();
  }

  /** As they were asked for, those of images with the id of the image that is mounted. */
  private static List<Mount> mounts(Container container) {
    Map<String, String> images = OciSpecBuilder.imageVolumes(container.spec());
    List<Mount> mounts = new ArrayList<>();
    for (Mount mount : container.config().getMountsList()) {
      String image = images.get(MountReader.normal(mount.getContainerPath()));
      Mount.Builder shown = mount.toBuilder();
      if (image != null) {
        shown.getImageBuilder().setImageRef(image);
        shown.setReadonly(true);
      }
      mounts.add(shown.build());
    }
    return mounts;
  }

  /** What there is to say of its end, and of constraints that are not in effect. */
  private static String message(Container container) {
    String missing = container.receipt().map(Degradations::of).orElse("");
    return Stream.of(container.life().message(), missing.isEmpty() ? "" : MISSING + missing)
        .filter(text -> !text.isEmpty())
        .collect(Collectors.joining("; "));
  }

  private static String logPath(Container container, Optional<Pod> pod) {
    if (container.logPath().isEmpty()) {
      return "";
    }
    return pod.flatMap(p -> p.intent().logDirectory())
        .map(directory -> Path.of(directory).resolve(container.logPath()).toString())
        .orElse("");
  }

  /** All parts of a filter must match; the id was matched before. */
  static boolean matches(ContainerFilter filter, Container container) {
    return (!filter.hasState() || filter.getState().getState() == state(container.life()))
        && (filter.getPodSandboxId().isEmpty()
            || container.podId().startsWith(filter.getPodSandboxId()))
        && LabelSelector.matches(filter.getLabelSelectorMap(), container.config().getLabelsMap());
  }
}
