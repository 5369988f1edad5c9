package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.cri.v1.Container;
import dev.stockade.cri.v1.ContainerState;
import dev.stockade.cri.v1.ContainerStatus;
import dev.stockade.cri.v1.NamespaceMode;
import dev.stockade.cri.v1.NamespaceOption;
import dev.stockade.cri.v1.PodSandbox;
import dev.stockade.shim.config.Config;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The daemon is killed at any moment while it makes, starts, stops and removes: the next one finds
 * each thing whole or not at all.
 */
@Timeout(300)
class DaemonCrashKernelTest {
  private static final int KILLS = 5;
  private static final int KUBELETS = 4;
  private static final int LONGEST_MILLISECONDS = 600;

  private Path directory;
  private Config config;
  private DaemonProcess daemon;
  private CriClient client;

  @BeforeEach
  void start(@TempDir Path temporary) throws Exception {
    directory = temporary;
    config = Machine.config(directory);
    Machine.importBusybox(directory, config);
    Files.createDirectory(Machine.kubeletCgroup(config));
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
  void nothingIsHalfMade() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    ExecutorService threads = Executors.newFixedThreadPool(KUBELETS);
    try {
      for (int kill = 0; kill < KILLS; kill++) {
        List<BusyKubelet> kubelets = new ArrayList<>();
        List<Future<?>> ends = new ArrayList<>();
        for (int i = 0; i < KUBELETS; i++) {
          BusyKubelet kubelet = kubelet(kill, i, random.nextLong());
          kubelets.add(kubelet);
          ends.add(threads.submit(kubelet));
        }
        kubelets.get(0).awaitFirst();
        Thread.sleep(random.nextInt(LONGEST_MILLISECONDS));
        daemon.kill();
        for (Future<?> end : ends) {
          end.get();
        }
        client.close();
        connect();
        requireSound(kubelets);
      }
    } catch (AssertionError e) {
      throw new AssertionError(e.getMessage() + "\nseed " + seed + "\n" + daemon.said(), e);
    } finally {
      threads.shutdownNow();
    }
  }

  /** Some share PID namespaces in their pods, some have cgroups for their pods. */
  private BusyKubelet kubelet(int kill, int i, long seed) throws IOException {
    NamespaceMode pids = i % 2 == 0 ? NamespaceMode.POD : NamespaceMode.CONTAINER;
    NamespaceOption.Builder namespaces =
        NamespaceOption.newBuilder().setNetwork(NamespaceMode.NODE).setPid(pids);
    String cgroup = i < 2 ? "/" + Machine.kubeletCgroup(config).getFileName() : "";
    return new BusyKubelet(client, "k" + kill + "-" + i, namespaces, cgroup, seed);
  }

  private void requireSound(List<BusyKubelet> kubelets) throws Exception {
    Census census = Census.take(config, client);
    census.requireAllOwned();
    Set<String> there =
        census.containers().stream().map(Container::getId).collect(Collectors.toSet());
    census.pods().stream().map(PodSandbox::getId).forEach(there::add);
    for (BusyKubelet kubelet : kubelets) {
      assertThat(there).containsAll(kubelet.mustBeThere());
      assertThat(kubelet.mustBeGone()).noneMatch(there::contains);
    }
    for (Container container : census.containers()) {
      requireWhole(container);
    }
    for (PodSandbox pod : census.pods()) {
      client.stopPod(pod.getId());
      client.removePod(pod.getId());
    }
    Census.take(config, client).requireAllOwned();
  }

  /** What is there can be used: started if it was not, asked while it runs, and removed. */
  private void requireWhole(Container container) throws Exception {
    ContainerStatus status = client.status(container.getId());
    if (status.getState() == ContainerState.CONTAINER_CREATED && isReady(container)) {
      client.start(container.getId());
      status = client.status(container.getId());
      assertThat(status.getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
    }
    if (status.getState() == ContainerState.CONTAINER_RUNNING) {
      assertThat(client.exec(container.getId(), 20, "true").getExitCode()).isZero();
    } else if (status.getState() == ContainerState.CONTAINER_EXITED) {
      assertThat(status.getReason()).as(status.toString()).isIn("Error", "StartError");
    }
    client.remove(container.getId());
  }

  private boolean isReady(Container container) {
    return client.isReady(container.getPodSandboxId());
  }
}
