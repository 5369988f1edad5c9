package dev.stockade.shim.cri;

import dev.stockade.cri.v1.ContainerStatusRequest;
import dev.stockade.cri.v1.ContainerStatusResponse;
import dev.stockade.cri.v1.CreateContainerRequest;
import dev.stockade.cri.v1.CreateContainerResponse;
import dev.stockade.cri.v1.ExecSyncRequest;
import dev.stockade.cri.v1.ExecSyncResponse;
import dev.stockade.cri.v1.ListContainersRequest;
import dev.stockade.cri.v1.ListContainersResponse;
import dev.stockade.cri.v1.StopContainerRequest;
import dev.stockade.cri.v1.UpdateContainerResourcesRequest;
import dev.stockade.shim.call.Call;
import dev.stockade.shim.call.CallFailure;
import dev.stockade.shim.container.Container;
import dev.stockade.shim.container.ContainerLifecycle;
import dev.stockade.shim.container.Containers;
import dev.stockade.shim.container.ExecResult;
import dev.stockade.shim.image.ImageException;
import dev.stockade.shim.intent.CommandIntent;
import dev.stockade.shim.intent.ContainerIntentReader;
import dev.stockade.shim.intent.IntentRejection;
import dev.stockade.shim.oci.Surprise;
import dev.stockade.shim.oci.Surprises;
import dev.stockade.shim.pod.Pod;
import dev.stockade.shim.pod.Pods;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The calls about containers. */
final class ContainerCalls {
  private final Pods pods;
  private final Containers containers;
  private final ContainerLifecycle lifecycle;

  ContainerCalls(Pods pods, Containers containers, ContainerLifecycle lifecycle) {
    this.pods = pods;
    this.containers = containers;
    this.lifecycle = lifecycle;
  }

  CreateContainerResponse create(CreateContainerRequest request, Call call)
      throws CallFailure, IntentRejection, ImageException, InterruptedException {
    if (!request.hasConfig()) {
      throw invalid("config: is missing; describe the container");
    }
    if (request.getPodSandboxId().isEmpty()) {
      throw invalid("pod_sandbox_id: is empty; name the pod sandbox");
    }
    String id = lifecycle.create(pods.get(request.getPodSandboxId()), request.getConfig(), call);
    return CreateContainerResponse.newBuilder().setContainerId(id).build();
  }

  void start(String id, Call call) throws CallFailure, ImageException {
    Container container = containers.get(required(id));
    lifecycle.start(pods.get(container.podId()), container, call);
  }

  void update(UpdateContainerResourcesRequest request)
      throws CallFailure, IntentRejection, ImageException {
    lifecycle.update(containers.get(required(request.getContainerId())), request);
  }

  /** Stops a container; one that is gone is stopped. */
  void stop(StopContainerRequest request, Call call) throws CallFailure, InterruptedException {
    if (request.getTimeout() < 0) {
      throw invalid("timeout: is negative; give seconds, or 0 to kill at once");
    }
    Optional<Container> container = containers.find(required(request.getContainerId()));
    if (container.isPresent()) {
      lifecycle.stop(container.get(), Duration.ofSeconds(request.getTimeout()), call);
    }
  }

  /** Removes a container; one that is gone is removed. */
  void remove(String id, Call call) throws CallFailure, ImageException, InterruptedException {
    Optional<Container> container = containers.find(required(id));
    if (container.isPresent()) {
      lifecycle.remove(container.get(), call);
    }
  }

  ContainerStatusResponse status(ContainerStatusRequest request) throws CallFailure {
    Container container = containers.get(required(request.getContainerId()));
    ContainerStatusResponse.Builder answer =
        ContainerStatusResponse.newBuilder()
            .setStatus(ContainerMessages.status(container, pods.find(container.podId())));
    if (request.getVerbose()) {
      answer.putAllInfo(VerboseText.of(container, lifecycle.plan(container), surprises(container)));
    }
    return answer.build();
  }

  private List<Surprise> surprises(Container container) {
    Optional<Pod> pod = pods.find(container.podId());
    try {
      return pod.isEmpty()
          ? List.of()
          : Surprises.of(
              ContainerIntentReader.read(container.config(), pod.get().intent()),
              pod.get().intent(),
              container.spec());
    } catch (IntentRejection e) {
      return List.of(); // Accepted by an earlier build with other rules.
    }
  }

  ListContainersResponse list(ListContainersRequest request) {
    ListContainersResponse.Builder answer = ListContainersResponse.newBuilder();
    for (Container container : containers.withPrefix(request.getFilter().getId())) {
      if (ContainerMessages.matches(request.getFilter(), container)) {
        answer.addContainers(ContainerMessages.item(container));
      }
    }
    return answer.build();
  }

  ExecSyncResponse exec(ExecSyncRequest request) throws CallFailure, IntentRejection {
    CommandIntent asked = CommandIntent.read(request);
    ExecResult result =
        lifecycle.exec(containers.get(asked.containerId()), asked.command(), asked.timeout());
    return ExecSyncResponse.newBuilder()
        .setStdout(result.output())
        .setStderr(result.error())
        .setExitCode(result.code())
        .build();
  }

  private static String required(String id) throws CallFailure {
    if (id.isEmpty()) {
      throw invalid("container_id: is empty; name the container");
    }
    return id;
  }

  private static CallFailure invalid(String message) {
    return new CallFailure(CallFailure.Kind.INVALID, message);
  }
}
