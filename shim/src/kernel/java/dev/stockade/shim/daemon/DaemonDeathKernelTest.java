package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stockade.cri.v1.Container;
import dev.stockade.cri.v1.ContainerState;
import dev.stockade.cri.v1.ContainerStatus;
import dev.stockade.cri.v1.ListContainersRequest;
import dev.stockade.cri.v1.NamespaceMode;
import dev.stockade.cri.v1.NamespaceOption;
import dev.stockade.launcher.linux.Pidfd;
import dev.stockade.shim.config.Config;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The daemon, warden and a monitor are killed under twenty containers that write. */
@Timeout(300)
class DaemonDeathKernelTest {
  private static final int PODS = 4;
  private static final int CONTAINERS = 20;
  private static final int KILL = 9;
  private static final int CONTINUE = 18;
  private static final int STOP = 19;
  private static final NamespaceOption.Builder SHARED =
      NamespaceOption.newBuilder().setNetwork(NamespaceMode.NODE).setPid(NamespaceMode.POD);

  private Path directory;
  private Path signals;
  private Config config;
  private DaemonProcess daemon;
  private CriClient client;
  private final List<Running> running = new ArrayList<>();

  /** A container that runs, and what must not change while it does. */
  private record Running(LineWriter writer, String id, Path log, int pid, ContainerStatus status) {}

  @BeforeEach
  void start(@TempDir Path temporary) throws Exception {
    directory = temporary;
    signals = Files.createDirectory(directory.resolve("signals"));
    config = Machine.config(directory);
    Machine.importBusybox(directory, config);
    connect();
  }

  private void connect() throws Exception {
    daemon = DaemonProcess.start(directory, config);
    client = new CriClient(config.socket(), directory.resolve("logs"));
  }

  @AfterEach
  void end() throws Exception {
    if (daemon == null) {
      return;
    }
    try {
      if (!daemon.isAlive()) {
        connect();
      }
      client.removeEverything();
      client.close();
      daemon.end();
    } finally {
      daemon.kill();
      Machine.removeKubeletCgroup(config);
    }
    assertThat(Machine.leftovers(config)).isEmpty();
  }

  @Test
  void containersDoNotNotice() throws Exception {
    launchAll();
    awaitMoreLines();
    client.close();
    daemon.kill();
    awaitMoreLines();
    Map<Running, Expected> ended = endSomeWithoutDaemon();
    connect();
    requireAllListed();
    for (Map.Entry<Running, Expected> end : ended.entrySet()) {
      requireEnded(end.getKey(), end.getValue());
    }
    running.removeAll(ended.keySet());
    requireUndisturbed();
    loseMonitor();
    loseServe();
    requireUndisturbed();
    awaitMoreLines();
    endTheRest();
  }

  /**
   * Its first process is in a cgroup that is not the daemon's, and its containers are ended before.
   */
  @Test
  void aStopThatWasCutShortIsCarriedOutByTheNextDaemon() throws Exception {
    Path cgroup = Files.createDirectory(Machine.kubeletCgroup(config));
    String podId = runIn(cgroup);
    var container = client.container("main", "sleep", "600");
    container.getLinuxBuilder().getSecurityContextBuilder().setNamespaceOptions(SHARED);
    String id = client.createAsIs(podId, container);
    client.start(id);
    int process = client.pid(id);
    // A serve that is not stopped itself would continue the monitor.
    try (Pidfd serve = Pidfd.open(Machine.servePid(config));
        Pidfd monitor = Pidfd.open(parent(process))) {
      assertThat(serve.signal(STOP)).isTrue();
      assertThat(monitor.signal(STOP)).isTrue();
      Thread stop = new Thread(() -> stopUntilTheDaemonDies(podId));
      stop.start();
      Wait.until("the pod to be closed", () -> !client.isReady(podId));
      daemon.kill();
      stop.join();
      assertThat(monitor.signal(CONTINUE)).isTrue();
      assertThat(serve.signal(CONTINUE)).isTrue();
    }
    client.close();
    connect();
    assertThat(client.isReady(podId)).isFalse();
    client.removePod(podId);
    Files.delete(cgroup);
  }

  /** The first process has been killed, and its monitor ends when no daemon is there to hear it. */
  @Test
  void whatACutStopHasLeftOfAFirstProcessIsTakenAwayByTheNextDaemon() throws Exception {
    Path cgroup = Files.createDirectory(Machine.kubeletCgroup(config));
    String podId = runIn(cgroup);
    Path own = cgroup.resolve("init-" + podId);
    int first = Integer.parseInt(Files.readString(own.resolve("cgroup.procs")).trim());
    int monitor = parent(first);
    try (Pidfd serve = Pidfd.open(Machine.servePid(config));
        Pidfd watching = Pidfd.open(monitor)) {
      assertThat(serve.signal(STOP)).isTrue();
      assertThat(watching.signal(STOP)).isTrue();
      Thread stop = new Thread(() -> stopUntilTheDaemonDies(podId));
      stop.start();
      Wait.until("the first process to be killed", () -> !isAlive(first));
      daemon.kill();
      stop.join();
      assertThat(watching.signal(CONTINUE)).isTrue();
      assertThat(serve.signal(CONTINUE)).isTrue();
      Wait.until("its monitor to end", () -> Files.notExists(Path.of("/proc/" + monitor)));
    }
    assertThat(own).exists();
    client.close();
    connect();
    assertThat(client.isReady(podId)).isFalse();
    assertThat(own).doesNotExist();
    Census.take(config, client).requireAllOwned();
    client.removePod(podId);
    Files.delete(cgroup);
  }

  private String runIn(Path cgroup) {
    var pod = client.pod("cut", SHARED);
    pod.getLinuxBuilder().setCgroupParent("/" + cgroup.getFileName());
    return client.run(pod);
  }

  private void stopUntilTheDaemonDies(String pod) {
    assertThatThrownBy(() -> client.stopPod(pod))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE));
  }

  private void launchAll() throws Exception {
    for (int pod = 0; pod < PODS; pod++) {
      NamespaceMode pids = pod == 0 ? NamespaceMode.POD : NamespaceMode.CONTAINER;
      NamespaceOption.Builder namespaces =
          NamespaceOption.newBuilder().setNetwork(NamespaceMode.NODE).setPid(pids);
      String id = client.run(client.pod("p" + pod, namespaces));
      for (int i = pod; i < CONTAINERS; i += PODS) {
        launch(writer(i), id, "p" + pod, namespaces);
      }
    }
    assertThat(running).hasSize(CONTAINERS);
  }

  /**
   * Some write about 1 MB a second, some lines longer than a record, some half lines, most little.
   */
  private static LineWriter writer(int i) {
    String name = "c" + i;
    return switch (i % 5) {
      case 0 -> new LineWriter(name, 100, 1000, false);
      case 1 -> new LineWriter(name, 2, 50_000, false);
      case 2 -> new LineWriter(name, 1, 300, true);
      default -> new LineWriter(name, 20, 50, false);
    };
  }

  private void launch(LineWriter writer, String pod, String podName, NamespaceOption.Builder spaces)
      throws Exception {
    var container = writer.container(client, signals);
    container.getLinuxBuilder().getSecurityContextBuilder().setNamespaceOptions(spaces);
    String id = client.createAsIs(pod, container);
    client.start(id);
    Path log = directory.resolve("logs").resolve(podName).resolve(writer.name() + ".log");
    running.add(new Running(writer, id, log, client.pid(id), client.status(id)));
  }

  private void awaitMoreLines() throws Exception {
    Map<Path, Long> sizes = new LinkedHashMap<>();
    for (Running container : running) {
      sizes.put(container.log(), Files.size(container.log()));
    }
    for (Map.Entry<Path, Long> size : sizes.entrySet()) {
      Wait.until(size.getKey() + " to grow", () -> Files.size(size.getKey()) > size.getValue());
    }
  }

  /** How a container must be said to have ended, and between which times. */
  private record Expected(int code, String reason, Instant from, Instant to) {}

  private Map<Running, Expected> endSomeWithoutDaemon() throws Exception {
    Map<Running, Expected> ended = new LinkedHashMap<>();
    int[] codes = {0, 1, 77, 255};
    for (int i = 0; i < codes.length; i++) {
      Running container = running.get(3 * i + 1);
      Instant from = Instant.now();
      container.writer().end(signals, codes[i]);
      awaitRecord(container);
      String reason = codes[i] == 0 ? "Completed" : "Error";
      ended.put(container, new Expected(codes[i], reason, from, Instant.now()));
    }
    Running killed = running.get(12);
    Instant from = Instant.now();
    kill(killed.pid());
    awaitRecord(killed);
    ended.put(killed, new Expected(137, "Error", from, Instant.now()));
    Running unwatched = running.get(15);
    from = Instant.now();
    kill(parent(unwatched.pid()));
    ended.put(unwatched, new Expected(255, "MonitorLost", from, Instant.MAX));
    return ended;
  }

  /** The monitor writes it when it has read the last of the output. */
  private void awaitRecord(Running container) throws Exception {
    Path record =
        config.runDir().resolve("containers").resolve(container.id()).resolve(container.id());
    Wait.until("the exit record of " + container.writer().name(), () -> Files.exists(record));
  }

  private static void kill(int pid) throws IOException {
    try (Pidfd process = Pidfd.open(pid)) {
      assertThat(process.signal(KILL)).isTrue();
    }
  }

  private static int parent(int pid) throws IOException {
    return Integer.parseInt(statistics(pid)[1]);
  }

  /** What follows the name in proc_pid_stat(5): state, parent and so on. */
  private static String[] statistics(int pid) throws IOException {
    String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
    return stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
  }

  /** A process whose monitor is gone is reaped by whoever adopts it, or is a zombie until then. */
  private static boolean isAlive(int pid) throws IOException {
    try {
      return !statistics(pid)[0].equals("Z");
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  private void requireAllListed() {
    List<Container> listed =
        client
            .runtime()
            .listContainers(ListContainersRequest.getDefaultInstance())
            .getContainersList();
    assertThat(listed)
        .extracting(Container::getId)
        .containsExactlyInAnyOrderElementsOf(running.stream().map(Running::id).toList());
  }

  private void requireEnded(Running container, Expected expected) throws IOException {
    ContainerStatus status = client.status(container.id());
    assertThat(status.getState()).isEqualTo(ContainerState.CONTAINER_EXITED);
    assertThat(status.getExitCode()).isEqualTo(expected.code());
    assertThat(status.getReason()).isEqualTo(expected.reason());
    assertThat(status.getStartedAt()).isEqualTo(container.status().getStartedAt());
    assertThat(Instant.EPOCH.plus(status.getFinishedAt(), ChronoUnit.NANOS))
        .isBetween(expected.from(), expected.to());
    assertThat(isAlive(container.pid())).as(container.writer().name()).isFalse();
    if (expected.reason().equals("MonitorLost")) {
      RecordedLog.readTorn(container.log()).requireBeginning(container.writer());
    } else if (expected.code() == 137) {
      RecordedLog.read(container.log()).requireBeginning(container.writer());
    } else {
      RecordedLog.read(container.log()).requireWhole(container.writer());
    }
  }

  private void requireUndisturbed() throws Exception {
    for (Running container : running) {
      assertThat(client.status(container.id())).isEqualTo(container.status());
      assertThat(client.pid(container.id())).isEqualTo(container.pid());
      assertThat(isAlive(container.pid())).isTrue();
      assertThat(client.verbose(container.id()).getInfoMap()).containsKeys("plan", "receipt");
    }
  }

  private void loseMonitor() throws Exception {
    Running unwatched = running.remove(running.size() - 1);
    Instant from = Instant.now();
    kill(parent(unwatched.pid()));
    assertThat(client.awaitEnd(unwatched.id()).getExitCode()).isEqualTo(255);
    requireEnded(unwatched, new Expected(255, "MonitorLost", from, Instant.now()));
  }

  private void loseServe() throws Exception {
    int serve = Machine.servePid(config);
    kill(serve);
    Wait.until("serve to be gone", () -> Files.notExists(Path.of("/proc/" + serve)));
    assertThat(client.exec(running.get(0).id(), 20, "sh", "-c", "exit 5").getExitCode())
        .isEqualTo(5);
    String pod = client.run(client.pod("later"));
    String container = client.create(pod, client.container("main", "sh", "-c", "exit 6"));
    client.start(container);
    assertThat(client.awaitEnd(container).getExitCode()).isEqualTo(6);
    assertThat(Machine.servePid(config)).isNotEqualTo(serve);
  }

  private void endTheRest() throws Exception {
    running.parallelStream().forEach(container -> client.stop(container.id(), 60));
    for (Running container : running) {
      ContainerStatus status = client.status(container.id());
      assertThat(status.getExitCode()).as(container.writer().name()).isZero();
      RecordedLog.read(container.log()).requireWhole(container.writer());
    }
  }
}
