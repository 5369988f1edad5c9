package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.Cgroup2;
import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.MountAttributes;
import dev.stockade.launcher.linux.Mounts;
import dev.stockade.launcher.linux.Poller;
import dev.stockade.launcher.linux.ProcDirectory;
import dev.stockade.launcher.linux.SyscallException;
import dev.stockade.launcher.plan.IdMaps;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;

/** What all launches of one launcher share. */
final class Engine implements AutoCloseable {
  private static final int CONTEXT = 4096;

  private final Serve serve;
  private final Poller poller;
  private final ExecutorService executor;
  private final Optional<Cgroup2> hierarchy;
  private final LauncherConfig config;
  private final String helperCgroup;
  private final Fd privateProc;
  private final IdMapNamespaces idMaps = new IdMapNamespaces(this::userNamespace);

  /**
   * @param helperCgroup path of the cgroup that those of helpers are made in
   */
  Engine(
      Serve serve,
      Poller poller,
      ExecutorService executor,
      Optional<Cgroup2> hierarchy,
      LauncherConfig config,
      String helperCgroup)
      throws SyscallException {
    this.serve = serve;
    this.poller = poller;
    this.executor = executor;
    this.hierarchy = hierarchy;
    this.config = config;
    this.helperCgroup = helperCgroup;
    this.privateProc =
        Mounts.fileSystem(
            "proc",
            List.of(),
            MountAttributes.NO_SUID | MountAttributes.NO_DEV | MountAttributes.NO_EXEC);
  }

  Serve serve() {
    return serve;
  }

  /** The SELinux context warden runs in, which makes every transition; empty without SELinux. */
  String seLinuxContext() throws IOException, LaunchFailure {
    try (ProcDirectory process = ProcDirectory.open(serve.pid())) {
      return process.read("attr/current", CONTEXT).replaceAll("[\n\\x00]+$", "");
    }
  }

  HelperRunner helpers() {
    return new HelperRunner(this, helperCgroup);
  }

  Poller poller() {
    return poller;
  }

  ExecutorService executor() {
    return executor;
  }

  Duration launchLimit() {
    return config.launchLimit();
  }

  /** Whether a process that cannot be verified before its first instruction is refused. */
  boolean beforeExec() {
    return config.beforeExec();
  }

  /**
   * The procfs that launches write to the kernel through. One does for all: each process writes to
   * its own part of it.
   */
  Fd privateProc() {
    return privateProc;
  }

  /** Empty, and private to the daemon; what is mounted there is so in other mount namespaces. */
  Path privateDirectory() {
    return config.rootMountPoint();
  }

  IdMapNamespaces idMaps() {
    return idMaps;
  }

  Cgroup2 hierarchy() throws LaunchFailure {
    return hierarchy.orElseThrow(
        () ->
            new LaunchFailure(
                LaunchFailure.Cause.PREPARATION,
                "linux.cgroupsPath needs cgroup version 2, and no cgroup2 file system is mounted"));
  }

  /** As {@link #hierarchy}, for callers to whom its absence is a failure of the host. */
  Cgroup2 hierarchyOrThrow() throws IOException {
    return hierarchy.orElseThrow(() -> new IOException("no cgroup2 file system is mounted"));
  }

  private Fd userNamespace(IdMaps maps) throws IOException, LaunchFailure {
    return UserNamespaceLaunch.make(this, maps);
  }

  @Override
  public void close() {
    idMaps.close();
    privateProc.close();
    serve.close();
    poller.close();
    executor.shutdown();
  }
}
