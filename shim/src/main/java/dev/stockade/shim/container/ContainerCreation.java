package dev.stockade.shim.container;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.launcher.engine.LaunchFailure;
import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.plan.LaunchPlan;
import dev.stockade.launcher.plan.LaunchRejection;
import dev.stockade.launcher.plan.LaunchRequest;
import dev.stockade.launcher.spec.OciIdMapping;
import dev.stockade.launcher.spec.OciSpec;
import dev.stockade.shim.call.Call;
import dev.stockade.shim.call.CallFailure;
import dev.stockade.shim.call.CallFailure.Kind;
import dev.stockade.shim.call.Refusals;
import dev.stockade.shim.call.Undo;
import dev.stockade.shim.image.ContainerRootFs;
import dev.stockade.shim.image.DeclaredVolumes;
import dev.stockade.shim.image.Digest;
import dev.stockade.shim.image.Image;
import dev.stockade.shim.image.ImageException;
import dev.stockade.shim.intent.ContainerIntent;
import dev.stockade.shim.intent.IntentRejection;
import dev.stockade.shim.intent.StopSignal;
import dev.stockade.shim.node.Node;
import dev.stockade.shim.oci.OciSpecBuilder;
import dev.stockade.shim.oci.PodContext;
import dev.stockade.shim.pod.Pod;
import dev.stockade.shim.pod.PodView;
import dev.stockade.shim.record.Draft;
import dev.stockade.shim.record.Identifier;
import dev.stockade.shim.record.NameReservations;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Makes containers: no process, but everything that can be refused is refused now. A request that
 * fails or is cancelled leaves nothing, but for a profile that was sound, which is its pod's then.
 */
final class ContainerCreation {
  private final Node node;
  private final Containers containers;
  private final ContainerLaunch launch;
  private final ContainerOutlook outlook;
  private final ContainerRemoval removal;
  private final Undo.Complaint complaint;
  private final VolumeLabels labels;

  ContainerCreation(Node node, Containers containers, Undo.Complaint complaint) {
    this.node = node;
    this.containers = containers;
    this.launch = new ContainerLaunch(node);
    this.outlook = new ContainerOutlook(node, new PidTarget(containers)::namespace);
    this.removal = new ContainerRemoval(node, containers);
    this.complaint = complaint;
    this.labels = new VolumeLabels(node.paths());
  }

  /** Makes a container in the pod; for a repeated request, gives the one it made before. */
  Container create(Pod pod, ContainerConfig config, Call call)
      throws CallFailure, IntentRejection, ImageException, InterruptedException {
    // Of the pod nothing but its request is looked at before the container's name is claimed.
    ContainerIntent intent = outlook.read(config, pod.intent());
    String id = Identifier.next();
    ContainerName name = new ContainerName(pod.id(), intent.name(), intent.attempt());
    Optional<NameReservations.Holder> holder =
        containers.names().claim(name, id, NameReservations.patience());
    if (holder.isPresent()) {
      return existing(holder.get(), config);
    }
    try (Undo undo = new Undo(complaint)) {
      undo.add("release the container's name", () -> containers.names().release(name, id));
      Container container = make(id, pod, config, intent, call, undo);
      undo.commit();
      containers.index().add(id, container);
      containers.names().settle(name, id);
      return container;
    }
  }

  private Container existing(NameReservations.Holder holder, ContainerConfig config)
      throws CallFailure {
    Optional<Container> container = containers.index().get(holder.id());
    boolean same =
        container.isPresent()
            && container.get().life().phase() == Life.Phase.CREATED
            && container.get().config().equals(config);
    if (!same) {
      throw new CallFailure(
          Kind.EXISTS,
          "CreateContainer refused: metadata: a container of this name and attempt exists in the"
              + " pod: "
              + holder.id()
              + "; remove it or raise the attempt");
    }
    return container.orElseThrow();
  }

  private Container make(
      String id, Pod pod, ContainerConfig config, ContainerIntent intent, Call call, Undo undo)
      throws CallFailure, ImageException, IntentRejection, InterruptedException {
    PodView view = pod.view(node.paths());
    ContainerOutlook.Decision decision = outlook.decide(id, intent, view);
    ContainerLabels.hold(node.selinux(), decision.spec());
    undo.add(
        "release the container's SELinux categories",
        () -> ContainerLabels.release(node.selinux(), decision.spec()));
    makeFiles(pod, view, decision.spec());
    if (node.settings().rules().makeSources()) {
      HostSources.make(intent.mounts(), undo);
    }
    outlook.requireMappable(intent);
    long now = Node.now();
    ContainerRecord record =
        ContainerRecord.of(
            pod.id(),
            config,
            decision.image().id().toString(),
            stopSignal(intent, decision.image()).number(),
            decision.spec(),
            decision.unenforced(),
            decision.seccomp().map(SeccompFile.Read::file).orElse(null),
            now);
    PlannedLaunch planned = store(id, pod, decision, record, call, undo);
    Container container =
        new Container(id, record, config, decision.spec(), ContainerState.created(now));
    container.planned(planned);
    return container;
  }

  /** They stay as long as the pod: others of its containers may have the same label. */
  private static void makeFiles(Pod pod, PodView view, OciSpec spec) throws CallFailure {
    synchronized (pod) {
      try {
        view.makeFilesFor(ContainerLabels.of(spec));
      } catch (IOException e) {
        throw Refusals.of("make files of " + pod + " for the label of a container", e);
      }
    }
  }

  private PlannedLaunch store(
      String id,
      Pod pod,
      ContainerOutlook.Decision decision,
      ContainerRecord record,
      Call call,
      Undo undo)
      throws CallFailure, ImageException, IntentRejection, InterruptedException {
    ContainerIntent intent = decision.intent();
    try (Draft<ContainerRecord> draft = containers.records().draft(id);
        Undo unpublished = new Undo(complaint)) {
      Path directory = draft.directory();
      ContainerRootFs root =
          node.images().prepare(id, decision.image().id(), volumes(decision.spec()), directory);
      unpublished.add("release the image", () -> node.images().release(id, directory));
      boolean logged = intent.logPath().isPresent();
      boolean privileged = intent.security().privileged();
      LaunchRequest request =
          launch.request(id, decision.spec(), root, intent.stdin(), logged, privileged);
      LaunchPlan plan = node.launcher().compile(request);
      makeVolumes(plan, decision.image(), pod.context());
      call.proceed();
      Optional<String> label = ContainerLabels.ofVolumes(node.selinux(), decision.spec());
      if (label.isPresent()) {
        labels.give(intent.mounts(), label.get(), call);
      }
      if (logged) {
        makeLog(pod, intent.logPath().get(), undo);
      }
      if (decision.seccomp().isPresent()) {
        keep(pod, intent.name(), decision.seccomp().get());
      }
      draft.publish(record);
      unpublished.commit();
      undo.add("remove the container", () -> removal.remove(id));
      call.proceed();
      return new PlannedLaunch(request, plan);
    } catch (LaunchRejection e) {
      throw Refusals.of("CreateContainer", e);
    } catch (IOException e) {
      throw Refusals.of("make container " + id, e);
    }
  }

  /** For those that are made again after this one, of which nothing can be refused any more. */
  private void keep(Pod pod, String container, SeccompFile.Read profile)
      throws IOException, CallFailure {
    KeptProfiles profiles = new KeptProfiles(node.paths(), pod.id());
    synchronized (pod) {
      profiles.keep(container, profile.file(), profile.bytes().toByteArray());
    }
  }

  private void makeVolumes(LaunchPlan plan, Image image, PodContext pod)
      throws CallFailure, ImageException, IOException {
    if (image.config().volumes().isEmpty()) {
      return;
    }
    try (Directory root = node.launcher().root(plan)) {
      DeclaredVolumes.make(root, image.config(), hostRoot(pod.uidMaps()), hostRoot(pod.gidMaps()));
    } catch (LaunchFailure e) {
      throw Refusals.of("make the volumes the image declares", e);
    }
  }

  /** The host's id of what is 0 in the pod. */
  private static long hostRoot(List<OciIdMapping> maps) {
    return maps.stream()
        .filter(map -> map.containerID() == 0)
        .mapToLong(OciIdMapping::hostID)
        .findFirst()
        .orElse(0);
  }

  private static Set<Digest> volumes(OciSpec spec) throws ImageException {
    Set<Digest> images = new HashSet<>();
    for (String image : OciSpecBuilder.imageVolumes(spec).values()) {
      images.add(Digest.parse(image));
    }
    return images;
  }

  private static void makeLog(Pod pod, String path, Undo undo) throws CallFailure {
    LogFile log = new LogFile(Path.of(pod.intent().logDirectory().orElseThrow()), path);
    List<Path> missing = log.missing();
    undo.add("remove the log", () -> log.remove(missing));
    log.open().close();
  }

  private static StopSignal stopSignal(ContainerIntent intent, Image image) throws CallFailure {
    if (intent.stopSignal().isPresent()) {
      return intent.stopSignal().get();
    }
    Optional<String> text = image.config().stopSignal().filter(signal -> !signal.isEmpty());
    if (text.isEmpty()) {
      return StopSignal.SIGTERM;
    }
    return StopSignal.parse(text.get())
        .orElseThrow(
            () ->
                new CallFailure(
                    Kind.INVALID,
                    "CreateContainer refused: stop_signal: the image's STOPSIGNAL is not a signal;"
                        + " set stop_signal"));
  }
}
