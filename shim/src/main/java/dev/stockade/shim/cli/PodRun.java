package dev.stockade.shim.cli;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.CreateContainerRequest;
import dev.stockade.cri.v1.RemovePodSandboxRequest;
import dev.stockade.cri.v1.RunPodSandboxRequest;
import dev.stockade.cri.v1.StartContainerRequest;
import dev.stockade.cri.v1.StopContainerRequest;
import dev.stockade.cri.v1.StopPodSandboxRequest;
import dev.stockade.shim.cli.manifest.PodRequest;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** One pod on the daemon, from its making to its removal. */
final class PodRun {
  private final Daemon daemon;
  private final PodRequest request;
  private final String id;
  private final List<String> containers = new CopyOnWriteArrayList<>();

  private PodRun(Daemon daemon, PodRequest request, String id) {
    this.daemon = daemon;
    this.request = request;
    this.id = id;
  }

  /** Runs the sandbox of a pod. */
  static PodRun start(Daemon daemon, PodRequest request) {
    RunPodSandboxRequest message =
        RunPodSandboxRequest.newBuilder()
            .setConfig(request.sandbox())
            .setRuntimeHandler(request.runtimeHandler())
            .build();
    String name = request.sandbox().getMetadata().getName();
    String id =
        daemon
            .ask("run pod " + name, () -> daemon.runtime().runPodSandbox(message))
            .getPodSandboxId();
    return new PodRun(daemon, request, id);
  }

  String id() {
    return id;
  }

  String name() {
    return request.sandbox().getMetadata().getName();
  }

  String namespace() {
    return request.sandbox().getMetadata().getNamespace();
  }

  /** Whether a container was made in it. */
  boolean hasContainers() {
    return !containers.isEmpty();
  }

  /** Makes a container and returns its id. */
  String create(ContainerConfig config) {
    CreateContainerRequest message =
        CreateContainerRequest.newBuilder()
            .setPodSandboxId(id)
            .setConfig(config)
            .setSandboxConfig(request.sandbox())
            .build();
    String name = config.getMetadata().getName();
    String container =
        daemon
            .ask("create container " + name, () -> daemon.runtime().createContainer(message))
            .getContainerId();
    containers.add(container);
    return container;
  }

  /** Starts a container. */
  void start(String container, String name) {
    StartContainerRequest message =
        StartContainerRequest.newBuilder().setContainerId(container).build();
    daemon.ask("start container " + name, () -> daemon.runtime().startContainer(message));
  }

  /** Stops its containers, politely at first, then the pod. */
  void stop() {
    containers.forEach(this::stopContainer);
    StopPodSandboxRequest message = StopPodSandboxRequest.newBuilder().setPodSandboxId(id).build();
    daemon.ask("stop pod " + id, () -> daemon.runtime().stopPodSandbox(message));
  }

  /** Stops and removes it with all its containers. */
  void remove() {
    stop();
    RemovePodSandboxRequest message =
        RemovePodSandboxRequest.newBuilder().setPodSandboxId(id).build();
    daemon.ask("remove pod " + id, () -> daemon.runtime().removePodSandbox(message));
  }

  private void stopContainer(String container) {
    long grace = request.gracePeriodSeconds();
    StopContainerRequest message =
        StopContainerRequest.newBuilder().setContainerId(container).setTimeout(grace).build();
    daemon.ask(
        "stop container " + container,
        () -> daemon.runtime(Duration.ofSeconds(grace)).stopContainer(message));
  }
}
