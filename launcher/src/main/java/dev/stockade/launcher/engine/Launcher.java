package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.Cgroup2;
import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.HostProbe;
import dev.stockade.launcher.linux.Linux;
import dev.stockade.launcher.linux.Poller;
import dev.stockade.launcher.linux.Resolution;
import dev.stockade.launcher.linux.SyscallException;
import dev.stockade.launcher.plan.FdSource;
import dev.stockade.launcher.plan.HostFacts;
import dev.stockade.launcher.plan.IdMaps;
import dev.stockade.launcher.plan.KernelFloor;
import dev.stockade.launcher.plan.LaunchCompiler;
import dev.stockade.launcher.plan.LaunchPlan;
import dev.stockade.launcher.plan.LaunchRejection;
import dev.stockade.launcher.plan.LaunchRequest;
import dev.stockade.launcher.seccomp.ProgramCache;
import dev.stockade.launcher.spec.HookStage;
import dev.stockade.launcher.spec.OciLinux;
import dev.stockade.launcher.spec.OciSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Launches verified processes and finds them again; safe for use by many threads. */
public final class Launcher implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Launcher.class.getName());
  private static final String LOCK = "engine.lock";
  private static final int CLOSE_SECONDS = 5;

  /** Whoever stops a container waits for these too. */
  private static final Duration POSTSTOP_LIMIT = Duration.ofSeconds(20);

  /** Containers of one node have few profiles: one for each bounding set in use, and local ones. */
  private static final int PROGRAMS_KEPT = 64;

  private final Directory run;
  private final Fd lock;
  private final Engine engine;
  private final HostFacts facts;
  private final Path rootMountPoint;
  private final ProgramCache programs = new ProgramCache(PROGRAMS_KEPT);

  private Launcher(Directory run, Fd lock, Engine engine, HostFacts facts, Path rootMountPoint) {
    this.run = run;
    this.lock = lock;
    this.engine = engine;
    this.facts = facts;
    this.rootMountPoint = rootMountPoint;
  }

  /**
   * Finds the warden of the run directory or starts one, and probes the host.
   *
   * @throws LaunchFailure if another engine has the run directory, the kernel lacks something that
   *     is needed, with a list of what, or warden cannot be had
   */
  public static Launcher open(LauncherConfig config) throws IOException, LaunchFailure {
    Linux.load(config.runDirectory());
    Directory run = Directory.openPrivate(config.runDirectory());
    try {
      Fd lock = lock(run);
      try {
        return open(config, run, lock);
      } catch (IOException | LaunchFailure | RuntimeException e) {
        lock.close();
        throw e;
      }
    } catch (IOException | LaunchFailure | RuntimeException e) {
      run.close();
      throw e;
    }
  }

  private static Fd lock(Directory run) throws IOException, LaunchFailure {
    Fd lock;
    try (var entry = run.entry(LOCK)) {
      lock = entry.openAppend(0600);
    }
    if (lock.tryLock()) {
      return lock;
    }
    lock.close();
    throw new LaunchFailure(
        LaunchFailure.Cause.WARDEN,
        "another engine has " + run,
        "stop that daemon or choose another run directory");
  }

  private static Launcher open(LauncherConfig config, Directory run, Fd lock)
      throws IOException, LaunchFailure {
    run.makeDirectories(LauncherConfig.ROOT, 0700);
    Optional<Cgroup2> hierarchy = Cgroup2.find();
    HostFacts facts = HostProbe.probe(hierarchy);
    requireFloor(facts);
    Poller poller = Poller.start();
    ExecutorService executor = Executors.newCachedThreadPool(Launcher::thread);
    try {
      Optional<String> monitors = monitorCgroup(config, hierarchy);
      String helpers = helperCgroup(config);
      if (hierarchy.isPresent()) {
        HelperCgroup.clear(hierarchy.get(), helpers);
      }
      Serve serve = Serve.open(run, config, monitors, poller);
      Engine engine = new Engine(serve, poller, executor, hierarchy, config, helpers);
      facts = facts.with(HostProbe.tracing(facts, serve.pid()));
      facts = facts.withIdmapObstacle(idmapObstacle(facts, engine, config.layers()));
      return new Launcher(run, lock, engine, facts, config.rootMountPoint());
    } catch (IOException | LaunchFailure | RuntimeException e) {
      executor.shutdownNow();
      poller.close();
      throw e;
    }
  }

  private static Optional<String> idmapObstacle(
      HostFacts facts, Engine engine, Optional<Path> layers) {
    if (facts.idmapObstacle().isPresent() || layers.isEmpty()) {
      return facts.idmapObstacle();
    }
    Optional<String> obstacle = IdMapProbe.obstacle(engine, layers.get());
    obstacle.ifPresent(
        why -> LOG.log(System.Logger.Level.WARNING, "no pod gets a user namespace: {0}", why));
    return obstacle;
  }

  private static void requireFloor(HostFacts facts) throws LaunchFailure {
    List<String> missing = KernelFloor.missing(facts);
    if (!missing.isEmpty()) {
      throw new LaunchFailure(
          LaunchFailure.Cause.HOST, "this host lacks " + String.join("; ", missing));
    }
  }

  static Thread thread(Runnable work) {
    Thread thread = new Thread(work, "launcher");
    thread.setDaemon(true);
    return thread;
  }

  private static Optional<String> monitorCgroup(LauncherConfig config, Optional<Cgroup2> hierarchy)
      throws IOException {
    if (config.monitorCgroup().isEmpty() || hierarchy.isEmpty()) {
      return Optional.empty();
    }
    String path = config.monitorCgroup().get();
    hierarchy.get().openOrCreate(path, java.util.Set.of()).close();
    return Optional.of(hierarchy.get().mountPoint() + "/" + path.replaceAll("^/+", ""));
  }

  private static String helperCgroup(LauncherConfig config) throws IOException {
    Optional<String> beside = config.helperCgroup();
    return beside.isPresent() ? beside.get() : Cgroup2.own() + "/" + LauncherConfig.HELPERS;
  }

  /** What this node can do. */
  public HostFacts facts() {
    return facts;
  }

  /** The SELinux context that every launch begins in; only for a host that has SELinux. */
  public String seLinuxContext() throws IOException, LaunchFailure {
    return engine.seLinuxContext();
  }

  /**
   * The empty private directory that plans attach their root at; each launch does so in its own
   * mount namespace.
   */
  public Path rootMountPoint() {
    return rootMountPoint;
  }

  /**
   * As {@link LaunchCompiler#compile(LaunchRequest)}, with the filter compiled once for all
   * launches of equal profiles.
   */
  public LaunchPlan compile(LaunchRequest request) throws LaunchRejection {
    return LaunchCompiler.compile(request, programs::program);
  }

  /**
   * Launches, verifies and releases a process.
   *
   * @param request what the plan was compiled from
   * @throws LaunchFailure if it does not run as asked; nothing is left of it then
   */
  public RunningProcess launch(LaunchPlan plan, LaunchRequest request, LaunchFiles files)
      throws LaunchFailure {
    return new Attempts(engine, plan, request, files).run();
  }

  Launch prepare(LaunchPlan plan, LaunchRequest request, LaunchFiles files) {
    return new Launch(engine, plan, LaunchSubject.of(request), files);
  }

  /**
   * Launches a process whose plan captures its output, and waits for its end. Every constraint is
   * verified as for any other launch.
   *
   * @param limit after which it is killed; zero waits for ever
   * @param outputLimit bytes kept of standard output and of standard error each
   */
  public Output run(
      LaunchPlan plan, LaunchRequest request, LaunchFiles files, Duration limit, int outputLimit)
      throws LaunchFailure, IOException {
    try (RunningProcess process = launch(plan, request, files)) {
      Output output = new CapturedRun(process, engine.poller()).await(limit, outputLimit);
      return output.of(process.receipt());
    }
  }

  /**
   * Launches a NAMESPACES plan, pins the namespaces it makes as files in a directory and lets its
   * process go.
   *
   * @param directory private to the pod; the files are named as in /proc/pid/ns
   */
  public PodNamespaces namespaces(LaunchPlan plan, LaunchRequest request, Path directory)
      throws LaunchFailure {
    OciLinux linux = request.spec().linux();
    String label = linux == null ? "" : linux.mountLabel();
    return PodNamespaces.make(prepare(plan, request, LaunchFiles.NONE), directory, label);
  }

  /**
   * Finds a process again that an earlier engine launched.
   *
   * @param id as in its launch request
   * @param directory as in its {@link LaunchFiles}
   * @param cgroup the path it was made with, killed and removed when the process has ended or its
   *     monitor is lost
   */
  public RecoveredProcess recover(String id, Path directory, Optional<String> cgroup)
      throws IOException {
    return Recovery.recover(engine, id, directory, cgroup);
  }

  /**
   * The root of a container as each launch of its plan mounts it, with the same owners, and names
   * resolved as if it were the root; to be closed before a launch, because overlayfs wants a
   * writable layer for itself.
   */
  public Directory root(LaunchPlan plan) throws IOException, LaunchFailure {
    FdSource.Overlay overlay =
        plan.slots().stream()
            .filter(FdSource.Overlay.class::isInstance)
            .map(FdSource.Overlay.class::cast)
            .findFirst()
            .orElseThrow(() -> new IllegalArgumentException("the plan has no overlay as its root"));
    MountSources mounts =
        new MountSources(engine.idMaps(), facts.overlayDetachedLayers(), engine.privateDirectory());
    return Directory.of(mounts.open(overlay), Resolution.IN_ROOT, overlay.upper().toString());
  }

  /** The type of the file system that a path of the host is on, if that cannot be idmapped. */
  public Optional<String> unmappable(Path path, IdMaps maps) throws IOException, LaunchFailure {
    return IdMapProbe.unmappable(path, engine.idMaps().of(maps));
  }

  /** Starts short programs of the host. */
  public HelperRunner helpers() {
    return engine.helpers();
  }

  /**
   * Runs the hooks of a container that has ended; each whatever becomes of the others.
   *
   * @param bundle as in its {@link LaunchFiles}; made anew where it is gone
   * @return those that failed, with why
   */
  public List<String> poststop(String id, OciSpec spec, Path bundle) {
    if (HookStage.POSTSTOP.of(spec).isEmpty()) {
      return List.of();
    }
    HookRun run = new HookRun(engine.helpers(), id, spec, bundle, POSTSTOP_LIMIT);
    try {
      run.bundle().write(spec);
    } catch (IOException e) {
      return List.of("poststop hooks: " + e.getMessage());
    }
    return run.onHost(HookStage.POSTSTOP, null).stream()
        .flatMap(last -> Stream.concat(Stream.of(last), Stream.of(last.getSuppressed())))
        .map(failure -> String.valueOf(failure.getMessage()))
        .toList();
  }

  /** Lets go of every monitor; processes run on. */
  @Override
  public void close() {
    engine.close();
    lock.close();
    run.close();
    try {
      if (!engine.executor().awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
        engine.executor().shutdownNow();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Tells warden to end as well; monitors and what they watch run on. For the end of the node's
   * use.
   */
  public void quitWarden() throws SyscallException {
    engine.serve().quit();
  }
}
