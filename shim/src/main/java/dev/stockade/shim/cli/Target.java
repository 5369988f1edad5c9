package dev.stockade.shim.cli;

import dev.stockade.cri.v1.Container;
import dev.stockade.cri.v1.PodSandbox;
import java.util.Optional;

/** What a word on the command line means where both a pod and a container may be meant. */
sealed interface Target {

  /** A pod with all it holds. */
  record Pod(PodSandbox sandbox) implements Target {}

  /** One container. */
  record One(Container container) implements Target {}

  /**
   * Looks a word up. A pod goes before a container of the same name, except where the word is the
   * beginning of an id.
   *
   * @throws CommandFailure if it means nothing, or several
   */
  static Target find(Inventory inventory, String word) {
    Optional<PodSandbox> pod = inventory.pod(word);
    if (pod.isPresent()) {
      return new Pod(pod.get());
    }
    return inventory.container(word).<Target>map(One::new).orElseThrow(() -> unknown(word));
  }

  /** The container a word means. */
  static Container container(Inventory inventory, String word) {
    return inventory
        .container(word)
        .orElseThrow(
            () ->
                inventory.pod(word).isPresent()
                    ? CommandFailure.of("pod \"" + word + "\" has no container")
                    : unknown(word));
  }

  private static CommandFailure unknown(String word) {
    return CommandFailure.of(
        "no pod or container \"" + word + "\"; \"stockade ps --all\" shows what there is");
  }
}
