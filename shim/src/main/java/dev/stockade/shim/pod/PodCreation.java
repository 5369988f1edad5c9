package dev.stockade.shim.pod;

import dev.stockade.cri.v1.PodSandboxConfig;
import dev.stockade.launcher.engine.LaunchFailure;
import dev.stockade.launcher.engine.LaunchFiles;
import dev.stockade.launcher.engine.PodNamespaces;
import dev.stockade.launcher.engine.RunningProcess;
import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.plan.LaunchRejection;
import dev.stockade.launcher.plan.LaunchRequest;
import dev.stockade.launcher.plan.NamespaceKind;
import dev.stockade.launcher.plan.Receipt;
import dev.stockade.shim.call.Call;
import dev.stockade.shim.call.CallFailure;
import dev.stockade.shim.call.Refusals;
import dev.stockade.shim.call.Undo;
import dev.stockade.shim.intent.IntentRejection;
import dev.stockade.shim.intent.NamespaceIntent;
import dev.stockade.shim.intent.PodIntent;
import dev.stockade.shim.intent.PodIntentReader;
import dev.stockade.shim.lsm.Selinux;
import dev.stockade.shim.lsm.SelinuxLabels;
import dev.stockade.shim.network.Attachment;
import dev.stockade.shim.network.NetworkException;
import dev.stockade.shim.network.PodNetworks;
import dev.stockade.shim.node.Node;
import dev.stockade.shim.receipt.ReceiptRecord;
import dev.stockade.shim.record.Identifier;
import dev.stockade.shim.record.NameReservations;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** Makes pods. A request that fails or is cancelled leaves nothing. */
final class PodCreation {
  private final Node node;
  private final Pods pods;
  private final PodNetworks networks;
  private final PodTeardown teardown;
  private final String bootId;
  private final Undo.Complaint complaint;

  PodCreation(
      Node node,
      Pods pods,
      PodNetworks networks,
      PodTeardown teardown,
      String bootId,
      Undo.Complaint complaint) {
    this.node = node;
    this.pods = pods;
    this.networks = networks;
    this.teardown = teardown;
    this.bootId = bootId;
    this.complaint = complaint;
  }

  /**
   * Makes a pod and returns its identifier; for a repeated request, that of the pod it made before.
   */
  Pod run(PodSandboxConfig config, String handler, Call call)
      throws CallFailure, IntentRejection, InterruptedException {
    PodIntent intent = PodIntentReader.read(config);
    boolean ownNetwork = intent.namespaces().network() == NamespaceIntent.Sharing.POD;
    PodFit.check(
        intent, handler, node.facts(), ownNetwork ? networks.obstacle() : Optional.empty());
    String id = Identifier.next();
    Optional<NameReservations.Holder> holder =
        pods.names().claim(intent.name(), id, NameReservations.patience());
    if (holder.isPresent()) {
      return existing(holder.get(), config, handler);
    }
    try (Undo undo = new Undo(complaint)) {
      undo.add("release the pod's name", () -> pods.names().release(intent.name(), id));
      Optional<SelinuxLabels> labels = labels(id, intent, undo);
      PodRecord record = PodRecord.of(config, handler, bootId, Node.now(), labels);
      Pod pod = make(new Pod(id, record, config, intent, PodState.BEGUN), record, call, undo);
      undo.commit();
      pods.index().add(id, pod);
      pods.names().settle(intent.name(), id);
      return pod;
    }
  }

  private Pod existing(NameReservations.Holder holder, PodSandboxConfig config, String handler)
      throws CallFailure {
    Optional<Pod> pod = pods.index().get(holder.id());
    boolean same =
        pod.isPresent()
            && pod.get().isReady()
            && pod.get().config().equals(config)
            && pod.get().runtimeHandler().equals(handler);
    if (!same) {
      throw new CallFailure(
          CallFailure.Kind.EXISTS,
          "RunPodSandbox refused: metadata: a pod sandbox of this name, namespace, uid and attempt"
              + " exists: "
              + holder.id()
              + "; remove it or raise the attempt");
    }
    return pod.orElseThrow();
  }

  private Optional<SelinuxLabels> labels(String id, PodIntent intent, Undo undo)
      throws CallFailure, IntentRejection {
    if (node.selinux().isEmpty()) {
      return Optional.empty();
    }
    Selinux selinux = node.selinux().get();
    try {
      SelinuxLabels labels = selinux.claim(intent.selinux());
      undo.add("release the pod's SELinux categories", () -> selinux.release(labels));
      return Optional.of(labels);
    } catch (IOException e) {
      throw Refusals.of("label pod sandbox " + id, e);
    }
  }

  private Pod make(Pod pod, PodRecord record, Call call, Undo undo) throws CallFailure {
    String id = pod.id();
    PodIntent intent = pod.intent();
    try {
      undo.add("remove the pod's record", () -> pods.records().remove(id));
      pods.records().create(id, record);
      String hostname = PodNames.hostname(id, intent);
      undo.add("remove the pod's files", () -> teardown.files(id));
      Path home = node.paths().pod(id);
      Directory.openPrivate(home).close();
      PodFiles files = new PodFiles(home);
      files.mount(pod.selinux());
      call.proceed();
      PodNamespaces namespaces = namespaces(pod, hostname, home);
      call.proceed();
      connect(pod, namespaces, undo);
      boolean hostNetwork = intent.namespaces().network() == NamespaceIntent.Sharing.NODE;
      files.write(hostname, pod.addresses(), intent, hostNetwork);
      namespaces = init(pod, namespaces, home, undo);
      pod.context(
          PodContexts.of(
              id,
              intent,
              hostname,
              PodContexts.paths(namespaces),
              files,
              node.settings().cgroupParent(),
              pod.selinux()));
      call.proceed();
      change(pod, pod.state().in(PodState.Phase.READY));
      return pod;
    } catch (IOException e) {
      throw Refusals.of("make pod sandbox " + id, e);
    } catch (LaunchFailure e) {
      throw PodTeardown.launch(id, e);
    } catch (LaunchRejection e) {
      throw Refusals.of("RunPodSandbox", e);
    }
  }

  private PodNamespaces namespaces(Pod pod, String hostname, Path home)
      throws IOException, LaunchFailure, LaunchRejection {
    Path pins = Files.createDirectory(PodTeardown.namespaces(home));
    LaunchRequest request =
        new PodPlans(node).namespaces(pod.id(), pod.intent(), pod.selinux(), hostname);
    PodNamespaces made =
        node.launcher().namespaces(node.launcher().compile(request), request, pins);
    made.receipt().ifPresent(receipt -> verified(pod, "namespaces", receipt));
    return made;
  }

  /**
   * What is about to be made in the network is made durable first: after a crash it can still be
   * taken down.
   */
  private void connect(Pod pod, PodNamespaces namespaces, Undo undo)
      throws CallFailure, IOException {
    Optional<Path> netns = namespaces.path(NamespaceKind.NETWORK);
    if (netns.isEmpty()) {
      return;
    }
    try {
      Attachment planned = networks.plan(PodNames.identity(pod.id(), pod.intent()));
      change(pod, pod.state().with(planned));
      Attachment connected = networks.connect(planned, netns.get());
      undo.add("take down the pod's network", () -> teardown.network(pod.id(), connected));
      pod.state(pod.state().with(connected));
    } catch (NetworkException e) {
      throw new CallFailure(
          CallFailure.Kind.UNAVAILABLE,
          "set up the network of pod sandbox " + pod.id() + ": " + e.getMessage(),
          e);
    }
  }

  private PodNamespaces init(Pod pod, PodNamespaces namespaces, Path home, Undo undo)
      throws IOException, LaunchFailure, LaunchRejection {
    if (pod.intent().namespaces().pid() != NamespaceIntent.Pid.POD) {
      return namespaces;
    }
    String cgroup = PodContexts.initCgroup(pod.id(), pod.intent(), node.settings().cgroupParent());
    LaunchRequest request =
        new PodPlans(node)
            .init(
                pod.id(), pod.intent(), pod.selinux(), namespaces.path(NamespaceKind.USER), cgroup);
    Path directory = Files.createDirectory(PodTeardown.init(home));
    undo.add("remove the pod's cgroup", () -> teardown.cgroup(pod.id()));
    RunningProcess process =
        node.launcher()
            .launch(node.launcher().compile(request), request, LaunchFiles.unlogged(directory));
    pod.init(process);
    undo.add("end the pod's first process", () -> teardown.init(pod));
    process.receipt().ifPresent(receipt -> verified(pod, "init", receipt));
    return namespaces.with(NamespaceKind.PID, process);
  }

  /** Durable with the next change; a pod has at least one more before anybody is told of it. */
  private static void verified(Pod pod, String of, Receipt receipt) {
    pod.state(pod.state().with(of, ReceiptRecord.of(receipt, Map.of())));
  }

  private void change(Pod pod, PodState next) throws IOException {
    pods.records().update(pod.id(), next);
    pod.state(next);
  }
}
