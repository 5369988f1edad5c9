package dev.stockade.shim.cli;

import dev.stockade.cri.v1.Container;
import dev.stockade.cri.v1.ContainerState;
import dev.stockade.cri.v1.PodSandbox;
import dev.stockade.cri.v1.RemoveContainerRequest;
import dev.stockade.cri.v1.RemovePodSandboxRequest;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code stockade rm}. */
@Command(
    name = "rm",
    description = "Removes pods or single containers.",
    footerHeading = "%nExamples:%n",
    footer = {"  stockade rm web", "  stockade rm --force default/web 3f9a1c"})
final class RmCommand implements Callable<Integer> {
  private final Stockade stockade;

  @Parameters(
      arity = "1..*",
      paramLabel = "POD|CONTAINER",
      description = "Name, namespace/name, or beginning of an id.")
  private List<String> words = List.of();

  @Option(
      names = {"-f", "--force"},
      description = "Also what is running: it is killed first.")
  private boolean force;

  @Mixin private PodDirectoryOption podDirectory = new PodDirectoryOption();

  RmCommand(Stockade stockade) {
    this.stockade = stockade;
  }

  @Override
  public Integer call() {
    try (Daemon daemon = stockade.connect()) {
      Inventory inventory = Inventory.of(daemon);
      return EachWord.of(stockade.output(), words, word -> remove(daemon, inventory, word));
    }
  }

  private void remove(Daemon daemon, Inventory inventory, String word) {
    Target target = Target.find(inventory, word);
    if (target instanceof Target.Pod pod) {
      removePod(daemon, inventory, pod.sandbox());
    } else if (target instanceof Target.One one) {
      removeContainer(daemon, one.container());
    }
  }

  private void removePod(Daemon daemon, Inventory inventory, PodSandbox pod) {
    boolean running = inventory.of(pod).stream().anyMatch(RmCommand::isRunning);
    if (running && !force) {
      throw running("pod " + Inventory.nameOf(pod) + " has running containers");
    }
    StopCommand.stopPod(daemon, inventory, pod, 0);
    RemovePodSandboxRequest request =
        RemovePodSandboxRequest.newBuilder().setPodSandboxId(pod.getId()).build();
    daemon.ask("remove pod " + pod.getId(), () -> daemon.runtime().removePodSandbox(request));
    podDirectory.of(pod.getMetadata().getUid()).ifPresent(PodDirectory::remove);
  }

  private void removeContainer(Daemon daemon, Container container) {
    if (isRunning(container) && !force) {
      throw running("container " + container.getMetadata().getName() + " is running");
    }
    String id = container.getId();
    RemoveContainerRequest request = RemoveContainerRequest.newBuilder().setContainerId(id).build();
    daemon.ask("remove container " + id, () -> daemon.runtime().removeContainer(request));
  }

  private static boolean isRunning(Container container) {
    return container.getState() == ContainerState.CONTAINER_RUNNING;
  }

  private static CommandFailure running(String what) {
    return CommandFailure.of(what + "; stop it first, or use --force");
  }
}
