package dev.stockade.shim.cli;

import dev.stockade.cri.v1.Container;
import dev.stockade.cri.v1.ContainerState;
import dev.stockade.cri.v1.ListContainersRequest;
import dev.stockade.cri.v1.ListPodSandboxRequest;
import dev.stockade.cri.v1.PodSandbox;
import dev.stockade.cri.v1.PodSandboxState;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** All pods and containers at one moment, to list and to find by what people type. */
record Inventory(List<PodSandbox> pods, List<Container> containers) {

  /** Asks the daemon. Pods are sorted by namespace, name and age, containers by age. */
  static Inventory of(Daemon daemon) {
    List<PodSandbox> pods =
        daemon
            .ask(
                "list pods",
                () -> daemon.runtime().listPodSandbox(ListPodSandboxRequest.getDefaultInstance()))
            .getItemsList();
    List<Container> containers =
        daemon
            .ask(
                "list containers",
                () -> daemon.runtime().listContainers(ListContainersRequest.getDefaultInstance()))
            .getContainersList();
    return new Inventory(
        pods.stream()
            .sorted(
                Comparator.comparing((PodSandbox pod) -> pod.getMetadata().getNamespace())
                    .thenComparing(pod -> pod.getMetadata().getName())
                    .thenComparing(PodSandbox::getCreatedAt))
            .toList(),
        containers.stream().sorted(Comparator.comparing(Container::getCreatedAt)).toList());
  }

  /** The containers of a pod, oldest first. */
  List<Container> of(PodSandbox pod) {
    return containers.stream().filter(c -> c.getPodSandboxId().equals(pod.getId())).toList();
  }

  /** The pod a container is in; empty if it went away meanwhile. */
  Optional<PodSandbox> podOf(Container container) {
    return pods.stream().filter(pod -> pod.getId().equals(container.getPodSandboxId())).findFirst();
  }

  /** Name of a pod as {@code namespace/name}. */
  static String nameOf(PodSandbox pod) {
    return pod.getMetadata().getNamespace() + "/" + pod.getMetadata().getName();
  }

  /**
   * The pod that a word means: its id, its name, {@code namespace/name}, or a beginning of its id.
   *
   * @throws CommandFailure if the word means several
   */
  Optional<PodSandbox> pod(String word) {
    List<Predicate<PodSandbox>> ways =
        List.of(
            pod -> pod.getId().equals(word),
            pod -> pod.getMetadata().getName().equals(word) || nameOf(pod).equals(word),
            pod -> beginsWith(pod.getId(), word));
    return first(pods, ways, found -> preferred(found, this::isReady), word, Inventory::nameOf);
  }

  /**
   * The container that a word means: its id, its name, {@code pod/name}, the name of a pod with one
   * container, or a beginning of its id. Of several attempts at one container the latest is meant.
   *
   * @throws CommandFailure if the word means several
   */
  Optional<Container> container(String word) {
    List<Predicate<Container>> ways =
        List.of(
            c -> c.getId().equals(word),
            c -> c.getMetadata().getName().equals(word) || qualified(c).contains(word),
            c -> podOf(c).filter(pod -> isNamed(pod, word)).isPresent(),
            c -> beginsWith(c.getId(), word));
    return first(containers, ways, Inventory::latest, word, c -> qualified(c).get(0));
  }

  private boolean isReady(PodSandbox pod) {
    return pod.getState() == PodSandboxState.SANDBOX_READY;
  }

  private static boolean isNamed(PodSandbox pod, String word) {
    return pod.getMetadata().getName().equals(word) || nameOf(pod).equals(word);
  }

  private List<String> qualified(Container container) {
    String name = container.getMetadata().getName();
    return podOf(container)
        .map(pod -> List.of(nameOf(pod) + "/" + name, pod.getMetadata().getName() + "/" + name))
        .orElse(List.of(container.getId()));
  }

  /** Ids are looked up by what one can type of them; shorter than three characters is a typo. */
  private static boolean beginsWith(String id, String word) {
    return word.length() >= 3 && id.startsWith(word);
  }

  private static List<Container> latest(List<Container> found) {
    Map<String, Container> byName =
        found.stream()
            .collect(
                Collectors.toMap(
                    c -> c.getPodSandboxId() + "/" + c.getMetadata().getName(),
                    Function.identity(),
                    (a, b) -> a.getMetadata().getAttempt() > b.getMetadata().getAttempt() ? a : b));
    List<Container> candidates = new ArrayList<>(byName.values());
    return preferred(candidates, c -> c.getState() == ContainerState.CONTAINER_RUNNING);
  }

  /**
   * Those that live, if any does: a word that names one live thing and old ones means the former.
   */
  private static <T> List<T> preferred(List<T> found, Predicate<T> lives) {
    List<T> living = found.stream().filter(lives).toList();
    return living.isEmpty() ? found : living;
  }

  private static <T> Optional<T> first(
      List<T> all,
      List<Predicate<T>> ways,
      Function<List<T>, List<T>> narrowing,
      String word,
      Function<T, String> naming) {
    for (Predicate<T> way : ways) {
      List<T> found = narrowing.apply(all.stream().filter(way).toList());
      if (found.size() > 1) {
        throw CommandFailure.of("\"" + word + "\" can mean " + some(found, naming));
      }
      if (!found.isEmpty()) {
        return Optional.of(found.get(0));
      }
    }
    return Optional.empty();
  }

  private static <T> String some(List<T> found, Function<T, String> naming) {
    Stream<String> names = found.stream().map(naming).sorted().limit(5);
    String rest = found.size() > 5 ? " and " + (found.size() - 5) + " more" : "";
    return names.collect(Collectors.joining(", ")) + rest + "; give more of the name or the id";
  }
}
