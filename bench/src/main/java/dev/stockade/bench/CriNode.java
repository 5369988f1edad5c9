package dev.stockade.bench;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.ContainerMetadata;
import dev.stockade.cri.v1.ContainerState;
import dev.stockade.cri.v1.ContainerStatus;
import dev.stockade.cri.v1.ContainerStatusRequest;
import dev.stockade.cri.v1.ContainerStatusResponse;
import dev.stockade.cri.v1.CreateContainerRequest;
import dev.stockade.cri.v1.ExecSyncRequest;
import dev.stockade.cri.v1.ExecSyncResponse;
import dev.stockade.cri.v1.IDMapping;
import dev.stockade.cri.v1.ImageSpec;
import dev.stockade.cri.v1.LinuxContainerConfig;
import dev.stockade.cri.v1.LinuxContainerSecurityContext;
import dev.stockade.cri.v1.LinuxPodSandboxConfig;
import dev.stockade.cri.v1.LinuxSandboxSecurityContext;
import dev.stockade.cri.v1.NamespaceMode;
import dev.stockade.cri.v1.NamespaceOption;
import dev.stockade.cri.v1.PodSandboxConfig;
import dev.stockade.cri.v1.PodSandboxMetadata;
import dev.stockade.cri.v1.RemoveContainerRequest;
import dev.stockade.cri.v1.RemovePodSandboxRequest;
import dev.stockade.cri.v1.RunPodSandboxRequest;
import dev.stockade.cri.v1.RuntimeServiceGrpc;
import dev.stockade.cri.v1.SecurityProfile;
import dev.stockade.cri.v1.StartContainerRequest;
import dev.stockade.cri.v1.StopPodSandboxRequest;
import dev.stockade.cri.v1.UserNamespace;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** The daemon, asked for the same constraints every time. */
final class CriNode implements AutoCloseable {
  private static final long GLANCE_NANOS = 500_000;

  /** Of the host, of a user namespace. */
  private static final int FIRST_ID = 0x7000_0000;

  private final CriChannel channel;
  private final RuntimeServiceGrpc.RuntimeServiceBlockingStub runtime;
  private final Path logs;
  private int serial;

  CriNode(Path socket, Path logs) {
    this.logs = logs;
    channel = new CriChannel(socket);
    runtime = RuntimeServiceGrpc.newBlockingStub(channel.channel());
  }

  /** A pod, and the request it was made with, which CreateContainer repeats. */
  record Pod(String id, PodSandboxConfig config) {}

  Pod runPod(NamespaceMode network) {
    return runPod(namespaces(network).build());
  }

  /** A pod with a network and a user namespace of its own. */
  Pod runMappedPod() {
    IDMapping ids =
        IDMapping.newBuilder().setContainerId(0).setHostId(FIRST_ID).setLength(65_536).build();
    UserNamespace users =
        UserNamespace.newBuilder().setMode(NamespaceMode.POD).addUids(ids).addGids(ids).build();
    return runPod(namespaces(NamespaceMode.POD).setUsernsOptions(users).build());
  }

  private static NamespaceOption.Builder namespaces(NamespaceMode network) {
    return NamespaceOption.newBuilder().setNetwork(network).setPid(NamespaceMode.CONTAINER);
  }

  private Pod runPod(NamespaceOption namespaces) {
    String name = "bench-" + ProcessHandle.current().pid() + "-" + ++serial;
    PodSandboxConfig config =
        PodSandboxConfig.newBuilder()
            .setMetadata(
                PodSandboxMetadata.newBuilder()
                    .setName(name)
                    .setNamespace("bench")
                    .setUid("uid-" + name))
            .setHostname("bench")
            .setLogDirectory(logs.resolve(name).toString())
            .setLinux(
                LinuxPodSandboxConfig.newBuilder()
                    .setSecurityContext(
                        LinuxSandboxSecurityContext.newBuilder().setNamespaceOptions(namespaces)))
            .build();
    String id =
        runtime
            .runPodSandbox(RunPodSandboxRequest.newBuilder().setConfig(config).build())
            .getPodSandboxId();
    return new Pod(id, config);
  }

  String create(Pod pod, String image, String... command) {
    String name = "c" + ++serial;
    LinuxContainerSecurityContext security =
        LinuxContainerSecurityContext.newBuilder()
            .setNamespaceOptions(pod.config().getLinux().getSecurityContext().getNamespaceOptions())
            .setNoNewPrivs(true)
            .setSeccomp(
                SecurityProfile.newBuilder()
                    .setProfileType(SecurityProfile.ProfileType.RuntimeDefault))
            .build();
    ContainerConfig config =
        ContainerConfig.newBuilder()
            .setMetadata(ContainerMetadata.newBuilder().setName(name))
            .setImage(ImageSpec.newBuilder().setImage(image))
            .addAllCommand(List.of(command))
            .setLogPath(name + ".log")
            .setLinux(LinuxContainerConfig.newBuilder().setSecurityContext(security))
            .build();
    return runtime
        .createContainer(
            CreateContainerRequest.newBuilder()
                .setPodSandboxId(pod.id())
                .setConfig(config)
                .setSandboxConfig(pod.config())
                .build())
        .getContainerId();
  }

  @SuppressWarnings("CheckReturnValue") // The answer is empty.
  void start(String container) {
    runtime.startContainer(StartContainerRequest.newBuilder().setContainerId(container).build());
  }

  /**
   * Looks until the end is recorded, as often as a client may without taking the processor away.
   */
  void awaitSuccess(String container) {
    while (true) {
      ContainerStatus status = status(container, false).getStatus();
      if (status.getState() == ContainerState.CONTAINER_EXITED) {
        if (status.getExitCode() != 0) {
          throw new IllegalStateException("the container failed: " + status.getReason());
        }
        return;
      }
      LockSupport.parkNanos(GLANCE_NANOS);
    }
  }

  ContainerStatusResponse status(String container, boolean verbose) {
    return runtime.containerStatus(
        ContainerStatusRequest.newBuilder().setContainerId(container).setVerbose(verbose).build());
  }

  @SuppressWarnings("CheckReturnValue") // The answer is empty.
  void remove(String container) {
    runtime.removeContainer(RemoveContainerRequest.newBuilder().setContainerId(container).build());
  }

  @SuppressWarnings("CheckReturnValue") // The answers are empty.
  void removePod(Pod pod) {
    runtime.stopPodSandbox(StopPodSandboxRequest.newBuilder().setPodSandboxId(pod.id()).build());
    runtime.removePodSandbox(
        RemovePodSandboxRequest.newBuilder().setPodSandboxId(pod.id()).build());
  }

  void exec(String container, String... command) {
    ExecSyncResponse answer =
        runtime.execSync(
            ExecSyncRequest.newBuilder()
                .setContainerId(container)
                .addAllCmd(List.of(command))
                .build());
    if (answer.getExitCode() != 0) {
      throw new IllegalStateException("the command failed: " + answer.getStderr().toStringUtf8());
    }
  }

  @Override
  public void close() {
    channel.close();
  }
}
