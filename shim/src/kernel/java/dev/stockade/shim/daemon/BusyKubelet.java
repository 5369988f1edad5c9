package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.cri.v1.NamespaceOption;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Makes, starts, stops and removes pods and containers until the daemon is gone. */
final class BusyKubelet implements Runnable {
  private static final int MOST_IN_A_POD = 4;

  private final CriClient client;
  private final String name;
  private final NamespaceOption.Builder namespaces;
  private final String cgroup;
  private final Random random;
  private final CountDownLatch first = new CountDownLatch(1);
  private final Set<String> there = ConcurrentHashMap.newKeySet();
  private final Set<String> gone = ConcurrentHashMap.newKeySet();

  /**
   * @param cgroup for its pods, empty for none
   */
  BusyKubelet(
      CriClient client, String name, NamespaceOption.Builder namespaces, String cgroup, long seed) {
    this.client = client;
    this.name = name;
    this.namespaces = namespaces;
    this.cgroup = cgroup;
    this.random = new Random(seed);
  }

  /** Waits until it has made something. */
  void awaitFirst() throws InterruptedException {
    assertThat(first.await(60, TimeUnit.SECONDS)).isTrue();
  }

  /** What it was told is made, and has not asked to have removed. */
  Set<String> mustBeThere() {
    return there;
  }

  /** What it was told is removed. */
  Set<String> mustBeGone() {
    return gone;
  }

  @Override
  public void run() {
    try {
      for (int i = 0; ; i++) {
        pod(name + "-" + i);
      }
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() != Status.Code.UNAVAILABLE) {
        throw e;
      }
    }
  }

  private void pod(String podName) {
    var config = client.pod(podName, namespaces);
    config.getLinuxBuilder().setCgroupParent(cgroup);
    String pod = client.run(config);
    there.add(pod);
    int containers = random.nextInt(MOST_IN_A_POD);
    for (int i = 0; i < containers; i++) {
      container(pod, "c" + i);
    }
    if (random.nextBoolean()) {
      client.stopPod(pod);
    }
    there.remove(pod);
    client.removePod(pod);
    gone.add(pod);
  }

  private void container(String pod, String containerName) {
    var config = client.container(containerName, "sleep", "600");
    config.getLinuxBuilder().getSecurityContextBuilder().setNamespaceOptions(namespaces);
    String container = client.createAsIs(pod, config);
    there.add(container);
    first.countDown();
    client.start(container);
    if (random.nextBoolean()) {
      client.stop(container, 0);
    }
    // The pod's removal takes with it what is not removed here.
    there.remove(container);
    if (random.nextBoolean()) {
      client.remove(container);
      gone.add(container);
    }
  }
}
