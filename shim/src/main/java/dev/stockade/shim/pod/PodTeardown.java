package dev.stockade.shim.pod;

import dev.stockade.launcher.engine.LaunchFailure;
import dev.stockade.launcher.engine.PodNamespaces;
import dev.stockade.launcher.engine.RunningProcess;
import dev.stockade.launcher.linux.Cgroup;
import dev.stockade.launcher.linux.Cgroup2;
import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Resolution;
import dev.stockade.launcher.plan.NamespaceKind;
import dev.stockade.shim.call.CallFailure;
import dev.stockade.shim.call.Refusals;
import dev.stockade.shim.network.Attachment;
import dev.stockade.shim.network.NetworkException;
import dev.stockade.shim.network.PodNetworks;
import dev.stockade.shim.node.Node;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Takes away what was made for a pod. Every step may find its work done already, so that a stop
 * that failed half way is simply repeated.
 */
final class PodTeardown {
  private static final Duration DEATH_LIMIT = Duration.ofSeconds(10);
  private static final String NAMESPACES = "ns";
  private static final String INIT = "init";

  private final Node node;
  private final PodNetworks networks;

  PodTeardown(Node node, PodNetworks networks) {
    this.node = node;
    this.networks = networks;
  }

  /** Where a pod's namespaces are pinned. */
  static Path namespaces(Path pod) {
    return pod.resolve(NAMESPACES);
  }

  /** Where a pod's first process has its exit record and control socket. */
  static Path init(Path pod) {
    return pod.resolve(INIT);
  }

  /** Has the plugins take down the pod's network. */
  void network(String id, Attachment attachment) throws CallFailure {
    Path netns = namespaces(node.paths().pod(id)).resolve(NamespaceKind.NETWORK.procName());
    try {
      networks.disconnect(attachment, netns);
    } catch (NetworkException e) {
      throw new CallFailure(
          CallFailure.Kind.UNAVAILABLE,
          "take down the network of pod sandbox " + id + ": " + e.getMessage(),
          e);
    }
  }

  /** Ends the pod's first process, if it has one; one that an earlier daemon started, too. */
  void init(Pod pod) throws CallFailure {
    Optional<RunningProcess> found = pod.init();
    try {
      if (found.isEmpty()) {
        found = earlier(pod);
      }
      if (found.isPresent()) {
        end(found.get());
      }
    } catch (IOException e) {
      throw Refusals.of("end the first process of " + pod, e);
    } catch (TimeoutException | ExecutionException e) {
      throw new CallFailure(
          CallFailure.Kind.DEADLINE, "the first process of " + pod + " does not end", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CallFailure(CallFailure.Kind.CANCELLED, "the daemon is stopping", e);
    }
  }

  /** The first process that an earlier daemon started, if it runs; what it left is taken away. */
  Optional<RunningProcess> earlier(Pod pod) throws IOException {
    Path directory = init(node.paths().pod(pod.id()));
    if (!Files.isDirectory(directory)) {
      return Optional.empty();
    }
    String cgroup = PodContexts.initCgroup(pod.id(), pod.intent(), node.settings().cgroupParent());
    return node.launcher().recover(pod.id(), directory, Optional.of(cgroup)).running();
  }

  private static void end(RunningProcess process)
      throws IOException, InterruptedException, ExecutionException, TimeoutException {
    process.kill();
    process.exit().get(DEATH_LIMIT.toSeconds(), TimeUnit.SECONDS);
    process.close();
  }

  /** Lets go of namespaces and files, and removes the pod's directory of this boot. */
  void files(String id) throws CallFailure {
    Path pod = node.paths().pod(id);
    if (!Files.exists(pod)) {
      return;
    }
    try {
      new PodFiles(pod).unmount();
      if (Files.exists(namespaces(pod))) {
        PodNamespaces.find(namespaces(pod)).release();
      }
      Path parent = node.paths().run().resolve("pods");
      try (Directory pods = Directory.open(parent, Resolution.BENEATH)) {
        pods.removeTree(id, DEATH_LIMIT);
      }
    } catch (IOException e) {
      throw Refusals.of("remove the files of pod sandbox " + id, e);
    }
  }

  /** Removes the cgroup made for the pod; one that the kubelet made stays. */
  void cgroup(String id) throws CallFailure {
    try {
      Optional<Cgroup2> hierarchy = Cgroup2.find();
      if (hierarchy.isPresent()) {
        Cgroup.destroy(hierarchy.get(), node.settings().cgroupParent() + "/" + id, DEATH_LIMIT);
      }
    } catch (IOException e) {
      throw Refusals.of("remove the cgroup of pod sandbox " + id, e);
    }
  }

  /** Why a process could not be launched, in a pod's words. */
  static CallFailure launch(String id, LaunchFailure e) {
    return Refusals.of("make pod sandbox " + id, e);
  }
}
