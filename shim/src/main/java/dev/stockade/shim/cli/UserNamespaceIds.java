package dev.stockade.shim.cli;

import dev.stockade.cri.v1.IDMapping;
import dev.stockade.cri.v1.NamespaceMode;
import dev.stockade.cri.v1.NamespaceOption;
import dev.stockade.cri.v1.PodSandbox;
import dev.stockade.cri.v1.PodSandboxConfig;
import dev.stockade.cri.v1.PodSandboxStatusRequest;
import dev.stockade.cri.v1.UserNamespace;
import dev.stockade.shim.cli.manifest.PodRequest;
import dev.stockade.shim.cli.manifest.PodRequest.OneContainer;
import java.util.HashSet;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * The host ids of a pod with a user namespace of its own: 65536 that no other pod has. Kubelets
 * take theirs from the low end, so these come from the high one, by chance, so that two that are
 * chosen at the same time hardly ever meet.
 */
record UserNamespaceIds(int firstHostId) {
  static final int LENGTH = 65536;
  private static final int LOWEST = 16384;
  private static final int HIGHEST = 32767;
  private static final int TRIES = 1000;

  /** Ids that no pod on the node has. */
  static UserNamespaceIds choose(Daemon daemon, RandomGenerator random) {
    Set<Integer> taken = taken(daemon);
    for (int i = 0; i < TRIES; i++) {
      int block = random.nextInt(LOWEST, HIGHEST);
      if (!taken.contains(block)) {
        return new UserNamespaceIds(block * LENGTH);
      }
    }
    throw CommandFailure.of("no free range of ids for a user namespace");
  }

  /** Ids that a pod might get. */
  static UserNamespaceIds example() {
    return new UserNamespaceIds(LOWEST * LENGTH);
  }

  /** A pod and its containers with these ids. */
  PodRequest into(PodRequest request) {
    return request.map(this::into, this::into);
  }

  private PodSandboxConfig into(PodSandboxConfig sandbox) {
    PodSandboxConfig.Builder changed = sandbox.toBuilder();
    changed
        .getLinuxBuilder()
        .getSecurityContextBuilder()
        .getNamespaceOptionsBuilder()
        .setUsernsOptions(toCri());
    return changed.build();
  }

  /** The container's options have to agree with the pod's. */
  private OneContainer into(OneContainer container) {
    var changed = container.config().toBuilder();
    changed
        .getLinuxBuilder()
        .getSecurityContextBuilder()
        .getNamespaceOptionsBuilder()
        .setUsernsOptions(toCri());
    return new OneContainer(changed.build(), container.imageUser());
  }

  private UserNamespace toCri() {
    IDMapping range =
        IDMapping.newBuilder().setHostId(firstHostId).setContainerId(0).setLength(LENGTH).build();
    return UserNamespace.newBuilder()
        .setMode(NamespaceMode.POD)
        .addUids(range)
        .addGids(range)
        .build();
  }

  private static Set<Integer> taken(Daemon daemon) {
    Set<Integer> blocks = new HashSet<>();
    for (PodSandbox pod : Inventory.of(daemon).pods()) {
      PodSandboxStatusRequest request =
          PodSandboxStatusRequest.newBuilder().setPodSandboxId(pod.getId()).build();
      NamespaceOption options =
          daemon
              .ask("show pod " + pod.getId(), () -> daemon.runtime().podSandboxStatus(request))
              .getStatus()
              .getLinux()
              .getNamespaces()
              .getOptions();
      for (IDMapping range : options.getUsernsOptions().getUidsList()) {
        int first = Integer.divideUnsigned(range.getHostId(), LENGTH);
        int last = Integer.divideUnsigned(range.getHostId() + range.getLength() - 1, LENGTH);
        for (int block = first; block <= last; block++) {
          blocks.add(block);
        }
      }
    }
    return blocks;
  }
}
