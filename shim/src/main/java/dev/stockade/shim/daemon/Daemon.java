package dev.stockade.shim.daemon;

import dev.stockade.launcher.engine.LaunchFailure;
import dev.stockade.launcher.engine.Launcher;
import dev.stockade.launcher.engine.LauncherConfig;
import dev.stockade.launcher.plan.Constraint;
import dev.stockade.shim.config.AppArmorConfig;
import dev.stockade.shim.config.Config;
import dev.stockade.shim.config.Response;
import dev.stockade.shim.config.VerifyConfig;
import dev.stockade.shim.container.ContainerLifecycle;
import dev.stockade.shim.container.ContainerRecord;
import dev.stockade.shim.container.ContainerState;
import dev.stockade.shim.container.Containers;
import dev.stockade.shim.cri.CriServer;
import dev.stockade.shim.cri.CriServices;
import dev.stockade.shim.image.ImageException;
import dev.stockade.shim.image.ImageStore;
import dev.stockade.shim.image.Platform;
import dev.stockade.shim.lsm.AppArmor;
import dev.stockade.shim.lsm.Selinux;
import dev.stockade.shim.network.PodNetworks;
import dev.stockade.shim.network.WardenPluginRunner;
import dev.stockade.shim.node.Node;
import dev.stockade.shim.node.NodePaths;
import dev.stockade.shim.node.NodeSettings;
import dev.stockade.shim.pod.PodLifecycle;
import dev.stockade.shim.pod.PodRecord;
import dev.stockade.shim.pod.PodState;
import dev.stockade.shim.pod.Pods;
import dev.stockade.shim.record.RecordStore;
import dev.stockade.shim.registry.Proxies;
import dev.stockade.shim.registry.Pulls;
import dev.stockade.shim.registry.RegistryHosts;
import dev.stockade.shim.signature.SignaturePolicy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.ExecutorService;

/**
 * A daemon that serves. What it started is ended in reverse by {@link #close}; pods and containers
 * run on.
 */
public final class Daemon implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Daemon.class.getName());

  private final Deque<AutoCloseable> started = new ArrayDeque<>();
  private final Config config;
  private final Path warden;
  private String cgroup = "";

  private Daemon(Config config, Path warden) {
    this.config = config;
    this.warden = warden;
  }

  /**
   * Starts a daemon: it serves when this returns.
   *
   * @param warden the static binary
   * @param version of this build
   */
  public static Daemon start(Config config, Path warden, String version)
      throws IOException, LaunchFailure, ImageException {
    Daemon daemon = new Daemon(config, warden);
    try {
      daemon.start(version);
      return daemon;
    } catch (IOException | LaunchFailure | ImageException | RuntimeException e) {
      daemon.close();
      throw e;
    }
  }

  private void start(String version) throws IOException, LaunchFailure, ImageException {
    Proxies proxies = Proxies.of(System.getenv());
    if (proxies.any()) {
      LOG.log(System.Logger.Level.INFO, "registries are reached through proxies: {0}", proxies);
    }
    SignaturePolicy policy = NodeConfig.policy(config);
    policy.check();
    NodePaths paths = NodeConfig.paths(config);
    String bootId = RunDirectory.open(paths);
    cgroup = RunDirectory.cgroup(paths, OwnCgroups.parent(config.cgroup().parent()));
    Launcher launcher = started(launcher());
    ImageStore images =
        started(ImageStore.open(paths.images(), config.limits().image(), Platform.here(), policy));
    AppArmor appArmor = appArmor(launcher);
    appArmor.prepare();
    NodeSettings settings = NodeConfig.settings(config, cgroup);
    Node node = new Node(launcher, images, appArmor, paths, settings, selinux(launcher, settings));
    ExecutorService workers = Workers.start("call-");
    started.push(workers::shutdownNow);

    PodNetworks networks =
        new PodNetworks(
            config.network().cniConfDir(),
            config.network().cniBinDirs(),
            config.network().cniTimeout(),
            new WardenPluginRunner(launcher.helpers()));
    Pods pods = new Pods(RecordStore.open(paths.podRecords(), PodRecord.class, PodState.class));
    Containers containers =
        new Containers(
            RecordStore.open(
                paths.containerRecords(), ContainerRecord.class, ContainerState.class));
    PodLifecycle podLifecycle = new PodLifecycle(node, pods, networks, bootId, workers);
    ContainerLifecycle containerLifecycle = new ContainerLifecycle(node, containers, workers);
    podLifecycle.recover();
    containerLifecycle.recover();
    started.push(() -> endWardenWhenEmpty(launcher, pods));

    Pulls pulls =
        new Pulls(
            images,
            new RegistryHosts(config.registry().hostsDir(), proxies),
            config.registry().progressTimeout(),
            config.registry().maxConcurrentDownloads());
    started(
        CriServer.start(
            config.socket(),
            config.limits().messageBytes(),
            CriServices.of(
                node, pulls, version, networks, pods, podLifecycle, containers, containerLifecycle),
            workers));
  }

  /** The daemon's own context is warden's too, whose programs it starts. */
  private Optional<Selinux> selinux(Launcher launcher, NodeSettings settings)
      throws IOException, LaunchFailure {
    boolean mayBePermissive = settings.mayDegrade().contains(Constraint.LSM_SELINUX_MODE);
    return launcher.facts().seLinux()
        ? Optional.of(
            Selinux.of(
                launcher.seLinuxContext(),
                config.selinux().categories(),
                config.privileged().selinuxType(),
                mayBePermissive))
        : Optional.empty();
  }

  private Launcher launcher() throws IOException, LaunchFailure {
    return Launcher.open(
        new LauncherConfig(
            NodeConfig.paths(config).warden(),
            warden,
            Optional.of(OwnCgroups.monitors(cgroup)),
            config.launch().timeout(),
            config.verify().require() == VerifyConfig.Requirement.BEFORE_EXEC,
            Optional.of(NodeConfig.paths(config).images())));
  }

  private AppArmor appArmor(Launcher launcher) {
    boolean byDefault =
        config.apparmor().unsetProfile() == AppArmorConfig.UnsetProfile.RUNTIME_DEFAULT;
    boolean complaining = config.degradation().apparmorMode() == Response.REPORT;
    return AppArmor.of(launcher.facts().appArmor(), byDefault, complaining, launcher.helpers());
  }

  /**
   * A daemon that ends and leaves no pods leaves no process and no cgroup either; otherwise warden
   * waits for the next daemon.
   */
  private void endWardenWhenEmpty(Launcher launcher, Pods pods) throws IOException {
    if (pods.all().isEmpty()) {
      launcher.quitWarden();
      new OwnCgroups(launcher.facts().cgroupMount(), cgroup).removeWhenEmpty();
    }
  }

  private <T extends AutoCloseable> T started(T part) {
    started.push(part);
    return part;
  }

  @Override
  public String toString() {
    return config.root().toString();
  }

  /** Ends everything this daemon started, last first. */
  @Override
  public void close() {
    while (!started.isEmpty()) {
      try {
        started.pop().close();
      } catch (Exception e) {
        LOG.log(System.Logger.Level.WARNING, "a part of the daemon did not end in order", e);
      }
    }
  }
}
