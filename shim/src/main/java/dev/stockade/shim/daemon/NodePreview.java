package dev.stockade.shim.daemon;

import dev.stockade.launcher.engine.IdMapProbe;
import dev.stockade.launcher.engine.LaunchFailure;
import dev.stockade.launcher.engine.ServeRecord;
import dev.stockade.launcher.linux.Cgroup2;
import dev.stockade.launcher.linux.HostProbe;
import dev.stockade.launcher.linux.Linux;
import dev.stockade.launcher.plan.FileKind;
import dev.stockade.launcher.plan.HostFacts;
import dev.stockade.launcher.plan.IdMaps;
import dev.stockade.launcher.plan.KernelFloor;
import dev.stockade.shim.config.Config;
import dev.stockade.shim.config.NetworkConfig;
import dev.stockade.shim.image.ImageException;
import dev.stockade.shim.image.ImageStore;
import dev.stockade.shim.image.Platform;
import dev.stockade.shim.lsm.AppArmor;
import dev.stockade.shim.lsm.Selinux;
import dev.stockade.shim.network.PodNetworks;
import dev.stockade.shim.node.NodePaths;
import dev.stockade.shim.node.NodeSettings;
import dev.stockade.shim.node.NodeView;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * This node as a daemon with a configuration would see it, looked at by another process, with or
 * without that daemon. What is the launching process's own, capabilities and labels, is that of the
 * warden which serves, if one does. Nothing is made.
 */
public final class NodePreview implements NodeView, AutoCloseable {
  private final Config config;
  private final NodePaths paths;
  private final HostFacts facts;
  private final ImageStore images;
  private final AppArmor appArmor;
  private final Optional<Selinux> selinux;
  private final NodeSettings settings;
  private final Path volumes;
  private final Path warden;

  /**
   * Looks at the node.
   *
   * @param volumes directory of volumes that are made before their pod
   * @param warden absolute path of the static binary
   */
  public NodePreview(Config config, Path volumes, Path warden) throws IOException, ImageException {
    this.config = config;
    this.volumes = volumes;
    this.warden = warden;
    this.paths = NodeConfig.paths(config);
    OptionalInt serve = ServeRecord.running(paths.warden());
    HostFacts probed = HostProbe.probe(Cgroup2.find(), serve.orElse(Linux.pid()));
    this.facts = tried(probed, warden, paths.images());
    this.appArmor = AppArmor.preview(config, facts.appArmor());
    this.settings =
        NodeConfig.settings(
            config, RunDirectory.look(paths, OwnCgroups.parent(config.cgroup().parent())));
    this.selinux = facts.seLinux() ? Optional.of(Selinux.preview(config, serve)) : Optional.empty();
    this.images =
        ImageStore.look(
            paths.images(), config.limits().image(), Platform.here(), NodeConfig.policy(config));
  }

  /** As the daemon tries it. */
  private static HostFacts tried(HostFacts facts, Path warden, Path layers) {
    return facts.idmapObstacle().isPresent()
        ? facts
        : facts.withIdmapObstacle(IdMapProbe.obstacle(warden, layers));
  }

  /** Of what is there already of the path. */
  @Override
  public Optional<String> unmappable(Path path, IdMaps maps) throws IOException, LaunchFailure {
    Path there = path;
    while (Files.notExists(there)) {
      there = Objects.requireNonNull(there.getParent(), "the root exists");
    }
    try (IdMapProbe probe = IdMapProbe.open(warden)) {
      IdMapProbe.Answer answer = probe.ask(there);
      return answer.mappable() ? Optional.empty() : Optional.of(answer.type());
    }
  }

  /** What nothing can be launched without and this node lacks. */
  public List<String> missing() {
    return KernelFloor.missing(facts);
  }

  /** Why pods cannot get a network now; empty when they can. */
  public Optional<String> networkObstacle() {
    return networkObstacle(config.network());
  }

  /** Why pods would not get a network with this configuration; empty when they would. */
  public static Optional<String> networkObstacle(NetworkConfig network) {
    return new PodNetworks(
            network.cniConfDir(),
            network.cniBinDirs(),
            network.cniTimeout(),
            (program, environment, input, limit) -> {
              throw new IllegalStateException("nothing is run for a preview");
            })
        .obstacle();
  }

  @Override
  public HostFacts facts() {
    return facts;
  }

  @Override
  public Path rootMountPoint() {
    return paths.warden().resolve("root");
  }

  @Override
  public ImageStore images() {
    return images;
  }

  @Override
  public AppArmor appArmor() {
    return appArmor;
  }

  @Override
  public Optional<Selinux> selinux() {
    return selinux;
  }

  @Override
  public NodePaths paths() {
    return paths;
  }

  @Override
  public NodeSettings settings() {
    return settings;
  }

  /** Volumes, and what a pod gets from the daemon: its shared memory, and files beside it. */
  @Override
  public Optional<FileKind> coming(Path path) {
    if (path.startsWith(volumes)) {
      return Optional.of(FileKind.DIRECTORY);
    }
    if (path.startsWith(paths.run().resolve("pods"))) {
      return Optional.of(path.endsWith("shm") ? FileKind.DIRECTORY : FileKind.FILE);
    }
    return Optional.empty();
  }

  @Override
  public void close() {
    images.close();
  }
}
