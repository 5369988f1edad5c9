package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.HostPath;
import dev.stockade.launcher.linux.Linux;
import dev.stockade.launcher.linux.MountAttributes;
import dev.stockade.launcher.linux.MountInfo;
import dev.stockade.launcher.linux.Mounts;
import dev.stockade.launcher.linux.Pidfd;
import dev.stockade.launcher.linux.Poller;
import dev.stockade.launcher.linux.Resolution;
import dev.stockade.launcher.linux.SyscallException;
import dev.stockade.launcher.plan.IdMaps;
import dev.stockade.launcher.spec.OciIdMapping;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Tries which file systems can be idmapped, without a daemon: a warden of its own makes the user
 * namespace, and has ended when this is open.
 */
public final class IdMapProbe implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(5);
  private static final List<OciIdMapping> IDS = List.of(new OciIdMapping(0, 100_000, 65_536));

  private final Fd namespace;

  private IdMapProbe(Fd namespace) {
    this.namespace = namespace;
  }

  /**
   * What one path showed.
   *
   * @param type of the file system that it is on
   */
  public record Answer(String type, boolean mappable) {}

  /**
   * Makes the user namespace.
   *
   * @param warden absolute path of the static binary
   */
  public static IdMapProbe open(Path warden) throws IOException, LaunchFailure {
    Path path = Files.createTempDirectory("stockade-idmap-" + Linux.pid() + "-");
    try (Directory run = Directory.openPrivate(path)) {
      return new IdMapProbe(namespace(run, path, warden));
    } finally {
      Path place = Objects.requireNonNull(path.toAbsolutePath().getParent());
      try (Directory parent = Directory.open(place, Resolution.BENEATH)) {
        parent.removeTree(path.getFileName().toString(), LIMIT);
      }
    }
  }

  private static Fd namespace(Directory run, Path path, Path warden)
      throws IOException, LaunchFailure {
    LauncherConfig config =
        new LauncherConfig(path, warden, Optional.empty(), LIMIT, false, Optional.empty());
    ExecutorService executor = Executors.newCachedThreadPool(Launcher::thread);
    try (Poller poller = Poller.start();
        Serve serve = Serve.open(run, config, Optional.empty(), poller);
        Pidfd process = Pidfd.open(serve.pid());
        Engine engine =
            new Engine(serve, poller, executor, Optional.empty(), config, LauncherConfig.HELPERS)) {
      try {
        return UserNamespaceLaunch.make(engine, new IdMaps(IDS, IDS));
      } finally {
        serve.quit();
        process.awaitExit(LIMIT);
      }
    } finally {
      executor.shutdownNow();
    }
  }

  /** As {@link #obstacle(Engine, Path)}, without a daemon. */
  public static Optional<String> obstacle(Path warden, Path layers) {
    return obstacle(
        layers,
        path -> {
          try (IdMapProbe probe = open(warden)) {
            return unmappable(path, probe.namespace);
          }
        });
  }

  /**
   * Why layers at a path cannot show mapped ids; empty when they can. What could not be tried is
   * not there: nobody is promised it.
   *
   * @param layers need not be made yet
   */
  static Optional<String> obstacle(Engine engine, Path layers) {
    return obstacle(layers, path -> unmappable(path, engine.idMaps().of(new IdMaps(IDS, IDS))));
  }

  private static Optional<String> obstacle(Path layers, Trial trial) {
    Path made = layers.toAbsolutePath();
    while (Files.notExists(made)) {
      made = Objects.requireNonNull(made.getParent(), "the root exists");
    }
    String place = "the file system of " + layers;
    try {
      return trial.unmappable(made).map(type -> place + ", " + type + ", cannot show mapped ids");
    } catch (IOException | LaunchFailure e) {
      String untried = "it could not be tried whether " + place + " can show mapped ids: ";
      return Optional.of(untried + e.getMessage());
    }
  }

  @FunctionalInterface
  private interface Trial {
    Optional<String> unmappable(Path path) throws IOException, LaunchFailure;
  }

  /** Tries the mount that a path of the host is on; links are followed. */
  public Answer ask(Path path) throws IOException {
    try (Fd held = HostPath.hold(path)) {
      boolean mappable = mappable(held, namespace, path);
      return new Answer(type(held), mappable);
    }
  }

  /** The type of the file system that a path of the host is on, if that cannot be idmapped. */
  static Optional<String> unmappable(Path path, Fd namespace) throws IOException {
    try (Fd held = HostPath.hold(path)) {
      return mappable(held, namespace, path) ? Optional.empty() : Optional.of(type(held));
    }
  }

  private static boolean mappable(Fd held, Fd namespace, Path path) throws IOException {
    MountAttributes change = new MountAttributes(0, 0, 0, Optional.of(namespace));
    try (Fd tree = Mounts.openTree(held, false, path.toString())) {
      Mounts.setAttributes(tree, false, change, "idmap of " + path);
      return true;
    } catch (SyscallException e) {
      if (e.is(Errno.EINVAL)) {
        return false;
      }
      throw e;
    }
  }

  private static String type(Fd held) throws IOException {
    long id = held.status().mountId();
    return MountInfo.self().stream()
        .filter(mount -> mount.id() == id)
        .findFirst()
        .map(MountInfo::type)
        .orElse("unknown");
  }

  @Override
  public void close() {
    namespace.close();
  }
}
