package dev.stockade.shim.cri;

import dev.stockade.cri.v1.ListPodSandboxRequest;
import dev.stockade.cri.v1.ListPodSandboxResponse;
import dev.stockade.cri.v1.PodSandboxStatusRequest;
import dev.stockade.cri.v1.PodSandboxStatusResponse;
import dev.stockade.cri.v1.RunPodSandboxRequest;
import dev.stockade.cri.v1.RunPodSandboxResponse;
import dev.stockade.shim.call.Call;
import dev.stockade.shim.call.CallFailure;
import dev.stockade.shim.container.Container;
import dev.stockade.shim.container.ContainerLifecycle;
import dev.stockade.shim.container.Containers;
import dev.stockade.shim.image.ImageException;
import dev.stockade.shim.intent.IntentRejection;
import dev.stockade.shim.node.Node;
import dev.stockade.shim.pod.Pod;
import dev.stockade.shim.pod.PodLifecycle;
import dev.stockade.shim.pod.Pods;
import java.util.Optional;

/** The calls about pods. */
final class PodCalls {
  private final Pods pods;
  private final PodLifecycle podLifecycle;
  private final Containers containers;
  private final ContainerLifecycle containerLifecycle;

  PodCalls(
      Pods pods,
      PodLifecycle podLifecycle,
      Containers containers,
      ContainerLifecycle containerLifecycle) {
    this.pods = pods;
    this.podLifecycle = podLifecycle;
    this.containers = containers;
    this.containerLifecycle = containerLifecycle;
  }

  RunPodSandboxResponse run(RunPodSandboxRequest request, Call call)
      throws CallFailure, IntentRejection, InterruptedException {
    if (!request.hasConfig()) {
      throw new CallFailure(CallFailure.Kind.INVALID, "config: is missing; describe the pod");
    }
    String id = podLifecycle.run(request.getConfig(), request.getRuntimeHandler(), call);
    return RunPodSandboxResponse.newBuilder().setPodSandboxId(id).build();
  }

  /** Stops a pod; one that is gone is stopped. */
  void stop(String id, Call call) throws CallFailure, InterruptedException {
    Optional<Pod> pod = pods.find(required(id));
    if (pod.isPresent()) {
      stop(pod.get(), call);
    }
  }

  private void stop(Pod pod, Call call) throws CallFailure, InterruptedException {
    podLifecycle.close(pod);
    containerLifecycle.killAll(containers.ofPod(pod.id()), call);
    podLifecycle.tearDown(pod);
  }

  /** Removes a pod with its containers; one that is gone is removed. */
  void remove(String id, Call call) throws CallFailure, ImageException, InterruptedException {
    Optional<Pod> pod = pods.find(required(id));
    if (pod.isEmpty()) {
      return;
    }
    stop(pod.get(), call);
    for (Container container : containers.ofPod(pod.get().id())) {
      containerLifecycle.remove(container, call);
    }
    podLifecycle.forget(pod.get());
  }

  PodSandboxStatusResponse status(PodSandboxStatusRequest request) throws CallFailure {
    Pod pod = pods.get(required(request.getPodSandboxId()));
    PodSandboxStatusResponse.Builder answer =
        PodSandboxStatusResponse.newBuilder()
            .setStatus(PodMessages.status(pod))
            .setTimestamp(Node.now());
    for (Container container : containers.ofPod(pod.id())) {
      answer.addContainersStatuses(ContainerMessages.status(container, Optional.of(pod)));
    }
    if (request.getVerbose()) {
      answer.putAllInfo(VerboseText.of(pod));
    }
    return answer.build();
  }

  ListPodSandboxResponse list(ListPodSandboxRequest request) {
    ListPodSandboxResponse.Builder answer = ListPodSandboxResponse.newBuilder();
    for (Pod pod : pods.withPrefix(request.getFilter().getId())) {
      if (PodMessages.matches(request.getFilter(), pod)) {
        answer.addItems(PodMessages.item(pod));
      }
    }
    return answer.build();
  }

  private static String required(String id) throws CallFailure {
    if (id.isEmpty()) {
      throw new CallFailure(
          CallFailure.Kind.INVALID, "pod_sandbox_id: is empty; name the pod sandbox");
    }
    return id;
  }
}
