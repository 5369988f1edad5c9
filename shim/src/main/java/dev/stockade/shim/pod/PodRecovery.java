package dev.stockade.shim.pod;

import dev.stockade.cri.v1.PodSandboxConfig;
import dev.stockade.launcher.engine.PodNamespaces;
import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Listing;
import dev.stockade.launcher.linux.Resolution;
import dev.stockade.shim.call.CallFailure;
import dev.stockade.shim.intent.NamespaceIntent;
import dev.stockade.shim.intent.PodIntent;
import dev.stockade.shim.intent.PodIntentReader;
import dev.stockade.shim.node.Node;
import dev.stockade.shim.record.RecordStore;
import dev.stockade.shim.record.Stored;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Finds the pods of an earlier daemon again from their records, pins and monitors. */
final class PodRecovery {
  private static final System.Logger LOG = System.getLogger(PodRecovery.class.getName());
  private static final int MOST = 1 << 20;

  private final Node node;
  private final Pods pods;
  private final PodTeardown teardown;
  private final String bootId;

  PodRecovery(Node node, Pods pods, PodTeardown teardown, String bootId) {
    this.node = node;
    this.pods = pods;
    this.teardown = teardown;
    this.bootId = bootId;
  }

  /** Indexes every pod and returns those that were never finished. */
  List<Pod> run() throws IOException {
    List<Pod> unfinished = new ArrayList<>();
    RecordStore.Inventory<PodRecord, PodState> inventory = pods.records().load();
    for (RecordStore.Damage damage : inventory.damaged()) {
      LOG.log(
          System.Logger.Level.ERROR,
          "{0} is no record of a pod and is left alone: {1}",
          damage.directory(),
          damage.reason());
    }
    Set<String> recorded = new HashSet<>();
    inventory
        .damaged()
        .forEach(damage -> recorded.add(String.valueOf(damage.directory().getFileName())));
    for (Stored<PodRecord, PodState> stored : inventory.records()) {
      recorded.add(stored.id());
      try {
        Pod pod = restore(stored);
        if (pod.state().phase() == PodState.Phase.MAKING) {
          unfinished.add(pod);
        }
      } catch (IOException e) {
        LOG.log(System.Logger.Level.ERROR, "cannot recover pod sandbox " + stored.id(), e);
      }
    }
    removeStrays(recorded);
    return unfinished;
  }

  private Pod restore(Stored<PodRecord, PodState> stored) throws IOException {
    PodRecord record = stored.record();
    PodSandboxConfig config = record.decodeConfig();
    PodIntent intent = PodIntentReader.reread(config);
    PodState was = stored.state();
    PodState state = was == null ? PodState.BEGUN : was;
    Pod pod = new Pod(stored.id(), record, config, intent, state);
    if (node.selinux().isPresent() && pod.selinux().isPresent()) {
      node.selinux().get().hold(pod.selinux().get());
    }
    pods.index().add(pod.id(), pod);
    if (!pods.names().restore(intent.name(), pod.id())) {
      LOG.log(System.Logger.Level.WARNING, "two pods have the name {0}", intent.name());
    }
    try {
      find(pod, record);
    } catch (IOException e) {
      // Not recorded: the next daemon may find what this one could not.
      LOG.log(System.Logger.Level.ERROR, "cannot find out what became of " + pod, e);
      pod.state(state.in(PodState.Phase.NOT_READY));
    }
    return pod;
  }

  private void find(Pod pod, PodRecord record) throws IOException {
    if (pod.state().phase() == PodState.Phase.NOT_READY) {
      reviveInit(pod);
    } else if (pod.state().phase() == PodState.Phase.READY && !revive(pod, record)) {
      PodState gone = pod.state().in(PodState.Phase.NOT_READY);
      pod.state(gone);
      try {
        pods.records().update(pod.id(), gone);
      } catch (IOException e) {
        // A full disk, say. It is a fact that the next daemon finds as well.
        LOG.log(System.Logger.Level.ERROR, "cannot record that " + pod + " is not ready", e);
      }
    }
  }

  /** Whether everything the pod needs is still there; after a reboot nothing is. */
  private boolean revive(Pod pod, PodRecord record) throws IOException {
    Path home = node.paths().pod(pod.id());
    Path pins = PodTeardown.namespaces(home);
    if (!record.bootId().equals(bootId) || !Files.isDirectory(pins)) {
      return false;
    }
    PodNamespaces namespaces = PodNamespaces.find(pins);
    if (pod.intent().namespaces().pid() == NamespaceIntent.Pid.POD && !reviveInit(pod)) {
      return false;
    }
    PodFiles files = new PodFiles(home);
    String hostname = PodNames.hostname(pod.id(), pod.intent());
    pod.context(
        PodContexts.of(
            pod.id(),
            pod.intent(),
            hostname,
            PodContexts.paths(namespaces),
            files,
            node.settings().cgroupParent(),
            pod.selinux()));
    return true;
  }

  /** False when it has ended, and then nothing is left of it but its exit record. */
  private boolean reviveInit(Pod pod) throws IOException {
    pod.init(teardown.earlier(pod).orElse(null));
    return pod.init().isPresent();
  }

  /** Directories of this boot whose record is gone come from a removal that was interrupted. */
  private void removeStrays(Set<String> recorded) throws IOException {
    Path directory = node.paths().run().resolve("pods");
    if (!Files.isDirectory(directory)) {
      return;
    }
    try (Directory held = Directory.open(directory, Resolution.BENEATH)) {
      for (Listing.Name name : held.list(MOST)) {
        if (!recorded.contains(name.name())) {
          removeStray(name.name());
        }
      }
    }
  }

  private void removeStray(String id) {
    try {
      teardown.files(id);
      teardown.cgroup(id);
      LOG.log(System.Logger.Level.INFO, "what was left of pod sandbox {0} is removed", id);
    } catch (CallFailure e) {
      LOG.log(System.Logger.Level.WARNING, "cannot remove what is left of pod sandbox " + id, e);
    }
  }
}
