package dev.stockade.shim.cri;

import dev.stockade.cri.v1.ContainerStatusRequest;
import dev.stockade.cri.v1.ContainerStatusResponse;
import dev.stockade.cri.v1.CreateContainerRequest;
import dev.stockade.cri.v1.CreateContainerResponse;
import dev.stockade.cri.v1.ExecSyncRequest;
import dev.stockade.cri.v1.ExecSyncResponse;
import dev.stockade.cri.v1.ListContainersRequest;
import dev.stockade.cri.v1.ListContainersResponse;
import dev.stockade.cri.v1.ListPodSandboxRequest;
import dev.stockade.cri.v1.ListPodSandboxResponse;
import dev.stockade.cri.v1.PodSandboxStatusRequest;
import dev.stockade.cri.v1.PodSandboxStatusResponse;
import dev.stockade.cri.v1.RemoveContainerRequest;
import dev.stockade.cri.v1.RemoveContainerResponse;
import dev.stockade.cri.v1.RemovePodSandboxRequest;
import dev.stockade.cri.v1.RemovePodSandboxResponse;
import dev.stockade.cri.v1.RunPodSandboxRequest;
import dev.stockade.cri.v1.RunPodSandboxResponse;
import dev.stockade.cri.v1.RuntimeConfigRequest;
import dev.stockade.cri.v1.RuntimeConfigResponse;
import dev.stockade.cri.v1.RuntimeServiceGrpc;
import dev.stockade.cri.v1.StartContainerRequest;
import dev.stockade.cri.v1.StartContainerResponse;
import dev.stockade.cri.v1.StatusRequest;
import dev.stockade.cri.v1.StatusResponse;
import dev.stockade.cri.v1.StopContainerRequest;
import dev.stockade.cri.v1.StopContainerResponse;
import dev.stockade.cri.v1.StopPodSandboxRequest;
import dev.stockade.cri.v1.StopPodSandboxResponse;
import dev.stockade.cri.v1.UpdateContainerResourcesRequest;
import dev.stockade.cri.v1.UpdateContainerResourcesResponse;
import dev.stockade.cri.v1.VersionRequest;
import dev.stockade.cri.v1.VersionResponse;
import io.grpc.stub.StreamObserver;

/**
 * The runtime service of the protocol. Calls that are not here answer Unimplemented, as the
 * generated base does.
 */
final class CriRuntimeService extends RuntimeServiceGrpc.RuntimeServiceImplBase {
  private final NodeCalls node;
  private final PodCalls pods;
  private final ContainerCalls containers;

  CriRuntimeService(NodeCalls node, PodCalls pods, ContainerCalls containers) {
    this.node = node;
    this.pods = pods;
    this.containers = containers;
  }

  @Override
  public void version(VersionRequest request, StreamObserver<VersionResponse> observer) {
    Answer.give("Version", observer, call -> node.version());
  }

  @Override
  public void status(StatusRequest request, StreamObserver<StatusResponse> observer) {
    Answer.give("Status", observer, call -> node.status(request.getVerbose()));
  }

  @Override
  public void runtimeConfig(
      RuntimeConfigRequest request, StreamObserver<RuntimeConfigResponse> observer) {
    Answer.give("RuntimeConfig", observer, call -> NodeCalls.config());
  }

  @Override
  public void runPodSandbox(
      RunPodSandboxRequest request, StreamObserver<RunPodSandboxResponse> observer) {
    Answer.give("RunPodSandbox", observer, call -> pods.run(request, call));
  }

  @Override
  public void stopPodSandbox(
      StopPodSandboxRequest request, StreamObserver<StopPodSandboxResponse> observer) {
    Answer.give(
        "StopPodSandbox",
        observer,
        call -> {
          pods.stop(request.getPodSandboxId(), call);
          return StopPodSandboxResponse.getDefaultInstance();
        });
  }

  @Override
  public void removePodSandbox(
      RemovePodSandboxRequest request, StreamObserver<RemovePodSandboxResponse> observer) {
    Answer.give(
        "RemovePodSandbox",
        observer,
        call -> {
          pods.remove(request.getPodSandboxId(), call);
          return RemovePodSandboxResponse.getDefaultInstance();
        });
  }

  @Override
  public void podSandboxStatus(
      PodSandboxStatusRequest request, StreamObserver<PodSandboxStatusResponse> observer) {
    Answer.give("PodSandboxStatus", observer, call -> pods.status(request));
  }

  @Override
  public void listPodSandbox(
      ListPodSandboxRequest request, StreamObserver<ListPodSandboxResponse> observer) {
    Answer.give("ListPodSandbox", observer, call -> pods.list(request));
  }

  @Override
  public void createContainer(
      CreateContainerRequest request, StreamObserver<CreateContainerResponse> observer) {
    Answer.give("CreateContainer", observer, call -> containers.create(request, call));
  }

  @Override
  public void startContainer(
      StartContainerRequest request, StreamObserver<StartContainerResponse> observer) {
    Answer.give(
        "StartContainer",
        observer,
        call -> {
          containers.start(request.getContainerId(), call);
          return StartContainerResponse.getDefaultInstance();
        });
  }

  @Override
  public void updateContainerResources(
      UpdateContainerResourcesRequest request,
      StreamObserver<UpdateContainerResourcesResponse> observer) {
    Answer.give(
        "UpdateContainerResources",
        observer,
        call -> {
          containers.update(request);
          return UpdateContainerResourcesResponse.getDefaultInstance();
        });
  }

  @Override
  public void stopContainer(
      StopContainerRequest request, StreamObserver<StopContainerResponse> observer) {
    Answer.give(
        "StopContainer",
        observer,
        call -> {
          containers.stop(request, call);
          return StopContainerResponse.getDefaultInstance();
        });
  }

  @Override
  public void removeContainer(
      RemoveContainerRequest request, StreamObserver<RemoveContainerResponse> observer) {
    Answer.give(
        "RemoveContainer",
        observer,
        call -> {
          containers.remove(request.getContainerId(), call);
          return RemoveContainerResponse.getDefaultInstance();
        });
  }

  @Override
  public void listContainers(
      ListContainersRequest request, StreamObserver<ListContainersResponse> observer) {
    Answer.give("ListContainers", observer, call -> containers.list(request));
  }

  @Override
  public void containerStatus(
      ContainerStatusRequest request, StreamObserver<ContainerStatusResponse> observer) {
    Answer.give("ContainerStatus", observer, call -> containers.status(request));
  }

  /** The command ends with the call: nobody would hear of its end. */
  @Override
  public void execSync(ExecSyncRequest request, StreamObserver<ExecSyncResponse> observer) {
    Answer.giveInterruptibly("ExecSync", observer, call -> containers.exec(request));
  }
}
