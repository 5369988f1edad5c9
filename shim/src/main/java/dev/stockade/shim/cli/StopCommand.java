package dev.stockade.shim.cli;

import dev.stockade.cri.v1.Container;
import dev.stockade.cri.v1.ContainerState;
import dev.stockade.cri.v1.PodSandbox;
import dev.stockade.cri.v1.StopContainerRequest;
import dev.stockade.cri.v1.StopPodSandboxRequest;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code stockade stop}. */
@Command(
    name = "stop",
    description = "Stops pods or single containers: the stop signal, a while, then SIGKILL.",
    footerHeading = "%nExamples:%n",
    footer = {"  stockade stop web", "  stockade stop --timeout 0 3f9a1c"})
final class StopCommand implements Callable<Integer> {
  private final Stockade stockade;

  @Parameters(
      arity = "1..*",
      paramLabel = "POD|CONTAINER",
      description = "Name, namespace/name, or beginning of an id.")
  private List<String> words = List.of();

  @Option(
      names = {"-t", "--timeout"},
      paramLabel = "SECONDS",
      defaultValue = "10",
      description = "Time between the stop signal and SIGKILL. Default: ${DEFAULT-VALUE}.")
  private long timeout;

  StopCommand(Stockade stockade) {
    this.stockade = stockade;
  }

  @Override
  public Integer call() {
    if (timeout < 0) {
      throw CommandFailure.usage("--timeout " + timeout + " is negative");
    }
    try (Daemon daemon = stockade.connect()) {
      Inventory inventory = Inventory.of(daemon);
      return EachWord.of(stockade.output(), words, word -> stop(daemon, inventory, word));
    }
  }

  private void stop(Daemon daemon, Inventory inventory, String word) {
    Target target = Target.find(inventory, word);
    if (target instanceof Target.Pod pod) {
      stopPod(daemon, inventory, pod.sandbox(), timeout);
    } else if (target instanceof Target.One one) {
      stopContainer(daemon, one.container().getId(), timeout);
    }
  }

  /** Stops a pod's running containers one after the other, then the pod. */
  static void stopPod(Daemon daemon, Inventory inventory, PodSandbox pod, long timeout) {
    for (Container container : inventory.of(pod)) {
      if (container.getState() == ContainerState.CONTAINER_RUNNING) {
        stopContainer(daemon, container.getId(), timeout);
      }
    }
    StopPodSandboxRequest request =
        StopPodSandboxRequest.newBuilder().setPodSandboxId(pod.getId()).build();
    daemon.ask("stop pod " + pod.getId(), () -> daemon.runtime().stopPodSandbox(request));
  }

  private static void stopContainer(Daemon daemon, String id, long timeout) {
    StopContainerRequest request =
        StopContainerRequest.newBuilder().setContainerId(id).setTimeout(timeout).build();
    daemon.ask(
        "stop container " + id,
        () -> daemon.runtime(Duration.ofSeconds(timeout)).stopContainer(request));
  }
}
