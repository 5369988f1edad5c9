package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.cri.v1.Container;
import dev.stockade.cri.v1.ContainerState;
import dev.stockade.cri.v1.ListContainersRequest;
import dev.stockade.cri.v1.ListPodSandboxRequest;
import dev.stockade.cri.v1.PodSandbox;
import dev.stockade.cri.v1.PodSandboxState;
import dev.stockade.shim.config.Config;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Everything on the machine that is a daemon's, held against what the daemon says there is. */
final class Census {
  private static final String MONITORS = "monitors";

  private final Config config;
  private final CriClient client;
  private final List<Container> containers;
  private final List<PodSandbox> pods;

  private Census(Config config, CriClient client) {
    this.config = config;
    this.client = client;
    this.containers =
        client
            .runtime()
            .listContainers(ListContainersRequest.getDefaultInstance())
            .getContainersList();
    this.pods =
        client.runtime().listPodSandbox(ListPodSandboxRequest.getDefaultInstance()).getItemsList();
  }

  static Census take(Config config, CriClient client) {
    return new Census(config, client);
  }

  List<Container> containers() {
    return containers;
  }

  List<PodSandbox> pods() {
    return pods;
  }

  private Set<String> ids() {
    return containers.stream().map(Container::getId).collect(Collectors.toCollection(TreeSet::new));
  }

  private List<Container> running() {
    return containers.stream()
        .filter(c -> c.getState() == ContainerState.CONTAINER_RUNNING)
        .toList();
  }

  private Set<String> readyPods() {
    return pods.stream()
        .filter(pod -> pod.getState() == PodSandboxState.SANDBOX_READY)
        .map(PodSandbox::getId)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private Set<String> podIds() {
    return pods.stream().map(PodSandbox::getId).collect(Collectors.toCollection(TreeSet::new));
  }

  /** Nothing is there that nobody owns, and nothing is missing of what is said to be there. */
  void requireAllOwned() throws Exception {
    requireRecords("containers", ids());
    requireRecords("pods", podIds());
    assertThat(names(config.root().resolve("images/leases"))).isEqualTo(files(ids()));
    assertThat(names(config.root().resolve("images/staging"))).isEmpty();
    Set<String> pins = names(config.runDir().resolve("pods"));
    assertThat(podIds()).containsAll(pins);
    assertThat(pins).containsAll(readyPods());
    assertThat(ids()).containsAll(names(config.runDir().resolve("containers")));
    requireMounts();
    requireProcesses();
  }

  /** Each has a file, its record, and a directory for what is kept with it. */
  private void requireRecords(String store, Set<String> ids) throws IOException {
    Set<String> expected = new TreeSet<>(ids);
    expected.addAll(files(ids));
    assertThat(names(config.root().resolve(store))).isEqualTo(expected);
  }

  private static Set<String> files(Set<String> ids) {
    return ids.stream().map(id -> id + ".json").collect(Collectors.toCollection(TreeSet::new));
  }

  private static Set<String> names(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(Census::name).collect(Collectors.toCollection(TreeSet::new));
    }
  }

  private void requireMounts() throws IOException {
    Path home = config.runDir().resolve("pods");
    Set<String> owners = new TreeSet<>();
    try (Stream<String> mounts = Files.lines(Path.of("/proc/self/mountinfo"))) {
      for (String line : (Iterable<String>) mounts::iterator) {
        Path point = Path.of(line.split(" ", -1)[4]);
        if (point.startsWith(home)) {
          owners.add(home.relativize(point).getName(0).toString());
        } else {
          assertThat(point).doesNotMatch(p -> p.startsWith(config.root()), "a mount of nobody");
        }
      }
    }
    assertThat(owners).as("pods with mounts").containsAll(readyPods());
    assertThat(podIds()).as("owners of mounts").containsAll(owners);
  }

  /** Cgroups bear the names of containers, and of pods whose first process is in them. */
  private void requireProcesses() throws Exception {
    Set<String> expected = new TreeSet<>();
    running().forEach(container -> expected.add(container.getId()));
    Set<Path> found = cgroups();
    for (Path cgroup : found) {
      if (podIds().contains(name(cgroup).replaceFirst("^init-", ""))) {
        expected.add(name(cgroup));
      } else if (expected.contains(name(cgroup))) {
        assertThat(processes(cgroup)).contains(client.pid(name(cgroup)));
      }
    }
    assertThat(found).extracting(Census::name).containsExactlyInAnyOrderElementsOf(expected);
    // Counted anew each time, because a container may end meanwhile.
    Wait.until(
        "a monitor for each container, and serve",
        () -> processes(Machine.cgroup(config).resolve(MONITORS)).size() == cgroups().size() + 1);
  }

  /** Of containers, and of first processes of pods. */
  private Set<Path> cgroups() throws Exception {
    Path own = Machine.cgroup(config);
    Set<Path> found = new TreeSet<>(directories(Machine.kubeletCgroup(config)));
    for (Path pod : directories(own)) {
      if (!pod.endsWith(MONITORS)) {
        assertThat(podIds()).contains(name(pod));
        found.addAll(directories(pod));
      }
    }
    return found;
  }

  private static String name(Path file) {
    return file.getFileName().toString();
  }

  private static Set<Path> directories(Path cgroup) throws IOException {
    try (Stream<Path> files = Files.list(cgroup)) {
      return files.filter(Files::isDirectory).collect(Collectors.toCollection(TreeSet::new));
    }
  }

  private static Set<Integer> processes(Path cgroup) throws IOException {
    Set<Integer> pids = new HashSet<>();
    try {
      for (String line : Files.readAllLines(cgroup.resolve("cgroup.procs"))) {
        pids.add(Integer.parseInt(line));
      }
    } catch (NoSuchFileException e) {
      return Set.of();
    }
    return pids;
  }
}
