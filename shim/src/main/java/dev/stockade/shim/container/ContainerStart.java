package dev.stockade.shim.container;

import dev.stockade.launcher.engine.LaunchFailure;
import dev.stockade.launcher.engine.LaunchFiles;
import dev.stockade.launcher.engine.LaunchTarget;
import dev.stockade.launcher.engine.RunningProcess;
import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.plan.LaunchPlan;
import dev.stockade.launcher.plan.LaunchRejection;
import dev.stockade.launcher.plan.LaunchRequest;
import dev.stockade.launcher.plan.PlanText;
import dev.stockade.launcher.spec.OciSpec;
import dev.stockade.shim.call.Call;
import dev.stockade.shim.call.CallFailure;
import dev.stockade.shim.call.Refusals;
import dev.stockade.shim.call.Undo;
import dev.stockade.shim.image.ContainerRootFs;
import dev.stockade.shim.image.ImageException;
import dev.stockade.shim.node.Node;
import dev.stockade.shim.pod.Pod;
import dev.stockade.shim.receipt.ReceiptRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Starts containers: their process runs, verified, when this returns. */
final class ContainerStart {
  private static final int NOT_EXECUTABLE = 126;
  private static final int NOT_FOUND = 127;

  /** What a container whose process could not be launched ends with. */
  static final int NOT_LAUNCHED = 128;

  private final Node node;
  private final Containers containers;
  private final ContainerLaunch launch;
  private final ContainerEnds ends;
  private final ContainerRemoval removal;
  private final Undo.Complaint complaint;

  ContainerStart(Node node, Containers containers, ContainerEnds ends, Undo.Complaint complaint) {
    this.node = node;
    this.containers = containers;
    this.launch = new ContainerLaunch(node);
    this.ends = ends;
    this.removal = new ContainerRemoval(node, containers);
    this.complaint = complaint;
  }

  void start(Pod pod, Container container, Call call) throws CallFailure, ImageException {
    pod.lock().readLock().lock();
    container.lock().lock();
    try {
      container.life().require(Life.Phase.CREATED, "start");
      // Of the pod nothing is needed here but that it is there.
      String unused = pod.context().id();
      call.proceed();
      launch(pod, container);
    } finally {
      container.lock().unlock();
      pod.lock().readLock().unlock();
    }
  }

  /** The plan as text; empty when it cannot be made any more. */
  Optional<String> plan(Container container) {
    try {
      return Optional.of(PlanText.render(node.launcher().compile(request(container))));
    } catch (CallFailure | ImageException | LaunchRejection e) {
      return Optional.empty();
    }
  }

  /** The launch of a container that is to have this spec from now on. */
  PlannedLaunch planned(Container container, OciSpec spec)
      throws CallFailure, ImageException, LaunchRejection {
    LaunchRequest request = request(container, spec);
    return new PlannedLaunch(request, node.launcher().compile(request));
  }

  private LaunchRequest request(Container container) throws CallFailure, ImageException {
    return request(container, container.spec());
  }

  private LaunchRequest request(Container container, OciSpec spec)
      throws CallFailure, ImageException {
    Path home = containers.records().directoryOf(container.id());
    ContainerRootFs root = node.images().rootFs(container.id(), home);
    return launch.request(
        container.id(),
        spec,
        root,
        container.config().getStdin(),
        !container.logPath().isEmpty(),
        container.config().getLinux().getSecurityContext().getPrivileged());
  }

  private void launch(Pod pod, Container container) throws CallFailure, ImageException {
    try {
      run(container, process(pod, container, request(container)));
    } catch (LaunchFailure e) {
      failed(container, e);
      throw Refusals.of("StartContainer: " + container, e);
    } catch (LaunchRejection e) {
      throw Refusals.of("StartContainer", e);
    } catch (IOException e) {
      throw Refusals.of("start " + container, e);
    }
  }

  /**
   * Launches the process. The directory of one that was not launched would tell of one that was.
   */
  private RunningProcess process(Pod pod, Container container, LaunchRequest request)
      throws CallFailure, IOException, LaunchFailure, LaunchRejection {
    ProfileInForce.require("StartContainer: " + container, node, container.spec());
    Path directory = node.paths().container(container.id());
    Optional<LaunchTarget> target = new PidTarget(containers).of(container).map(LaunchTarget::of);
    try (Undo undo = new Undo(complaint);
        @Nullable Fd log = log(pod, container.logPath())) {
      undo.add("remove " + directory, () -> removal.removeRunFiles(container.id()));
      Directory.openPrivate(directory).close();
      Optional<Path> bundle = Optional.of(containers.bundle(container.id()));
      LaunchFiles files =
          new LaunchFiles(Optional.ofNullable(log), Optional.of(directory), target, bundle);
      RunningProcess process = node.launcher().launch(plan(container, request), request, files);
      undo.commit();
      return process;
    }
  }

  /** Compiled anew where what is launched has changed since, a link in the path of a mount say. */
  private LaunchPlan plan(Container container, LaunchRequest request) throws LaunchRejection {
    Optional<LaunchPlan> made = container.takePlanned().flatMap(planned -> planned.planOf(request));
    return made.isPresent() ? made.get() : node.launcher().compile(request);
  }

  private static @Nullable Fd log(Pod pod, String path) throws CallFailure {
    if (path.isEmpty()) {
      return null;
    }
    return new LogFile(Path.of(pod.intent().logDirectory().orElseThrow()), path).open();
  }

  private void run(Container container, RunningProcess process) throws CallFailure, IOException {
    Life life = container.life().started(process.pid(), Node.now());
    ReceiptRecord receipt =
        process.receipt().map(r -> ReceiptRecord.of(r, container.unenforced())).orElse(null);
    ContainerState next = container.state().with(life, receipt);
    try {
      containers.records().update(container.id(), next);
    } catch (IOException e) {
      process.kill();
      throw e;
    } finally {
      // It runs, whatever can be written down of it: whoever asks is told so, and its end is
      // awaited.
      container.process(process);
      container.state(next);
      ends.await(container, process);
    }
  }

  /** A container whose program cannot be launched has ended; the message tells people why. */
  private void failed(Container container, LaunchFailure e) throws CallFailure {
    int code = NOT_LAUNCHED;
    if (e.kind() == LaunchFailure.Cause.EXECUTABLE) {
      code = e.errno() == Errno.ENOENT ? NOT_FOUND : NOT_EXECUTABLE;
    }
    ends.poststop(container);
    Life life = container.life().failedToStart(code, String.valueOf(e.getMessage()), Node.now());
    ends.record(container, container.state().with(life, null));
  }
}
