package dev.stockade.launcher.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.launcher.linux.Cgroup2;
import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.Linux;
import dev.stockade.launcher.linux.Pidfd;
import dev.stockade.launcher.linux.Resolution;
import dev.stockade.launcher.linux.SyscallException;
import dev.stockade.launcher.plan.BuildId;
import dev.stockade.launcher.plan.LaunchCompiler;
import dev.stockade.launcher.plan.LaunchPlan;
import dev.stockade.launcher.plan.LaunchRejection;
import dev.stockade.launcher.plan.LaunchRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/**
 * A launcher with a warden of its own in a directory of its own, and everything to launch on it.
 */
final class Bench implements AutoCloseable {
  private static final Duration SOON = Duration.ofSeconds(10);

  final Path directory;
  final Path layer;
  final String cgroups;
  final Cgroup2 hierarchy;
  final LauncherConfig config;
  Launcher launcher;
  private int serial;

  private Bench(Path directory, Path layer, Path warden, Cgroup2 hierarchy) throws Exception {
    this.directory = directory;
    this.hierarchy = hierarchy;
    this.layer = layer;
    this.cgroups = "stockade-engine-" + Linux.pid() + "-" + System.nanoTime();
    config =
        new LauncherConfig(directory.resolve("run"), warden, Optional.of(cgroups + "/monitors"));
    launcher = Launcher.open(config);
  }

  static Bench open(Path directory) throws Exception {
    return open(directory, layer(directory), warden("warden"));
  }

  private static Path layer(Path directory) throws Exception {
    Path layer = Files.createDirectories(directory.resolve("layer"));
    BusyboxRoot.make(layer);
    return layer;
  }

  static Bench open(Path directory, Path layer, Path warden) throws Exception {
    Assumptions.assumeTrue(
        Linux.root(), "launching needs root: effective uid is not 0, so mounts and cgroups fail");
    Optional<Cgroup2> hierarchy = Cgroup2.find();
    Assumptions.assumeTrue(hierarchy.isPresent(), "no cgroup2 file system is mounted");
    return new Bench(directory, layer, warden, hierarchy.get());
  }

  /** A warden whose faults are injected by its environment, which only a script can give it. */
  static Bench faulty(Path directory, Path layer, String fault) throws Exception {
    Files.createDirectories(directory);
    Path script = directory.resolve("warden-with-fault");
    Files.writeString(
        script,
        "#!/bin/sh\nWARDEN_FAULT='" + fault + "' exec " + warden("warden-fault") + " \"$@\"\n");
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
    return open(directory, layer, script);
  }

  /** As a daemon that demands to verify before the first instruction. */
  void demandBeforeExec() throws Exception {
    launcher.close();
    launcher =
        Launcher.open(
            new LauncherConfig(
                config.runDirectory(),
                config.warden(),
                config.monitorCgroup(),
                config.launchLimit(),
                true,
                config.layers()));
  }

  /**
   * This build's warden under the identity of another: what an upgrade of one source file makes.
   */
  Path otherBuild() throws IOException {
    String binary = Files.readString(config.warden(), StandardCharsets.ISO_8859_1);
    String bytes = new String(BuildId.bytes(), StandardCharsets.ISO_8859_1);
    Path other = directory.resolve("warden-of-another-build");
    Files.writeString(
        other, binary.replace(bytes, bytes.substring(1) + "#"), StandardCharsets.ISO_8859_1);
    Files.setPosixFilePermissions(other, PosixFilePermissions.fromString("rwx------"));
    return other;
  }

  static Path warden(String name) {
    String architecture = System.getProperty("os.arch", "").equals("aarch64") ? "arm64" : "amd64";
    Path warden =
        Path.of("../native/build/" + architecture + "/" + name).toAbsolutePath().normalize();
    assertThat(warden).as("what make -C native all builds").isExecutable();
    return warden;
  }

  /** A container that runs the arguments, with every constraint of a plain pod. */
  ContainerSpec container(String... arguments) {
    return containerIn("/" + cgroups, arguments);
  }

  /** As {@link #container}, with its cgroup in this one. */
  ContainerSpec containerIn(String parent, String... arguments) {
    serial++;
    String id = "c" + serial;
    String cgroup = parent + "/" + id;
    return new ContainerSpec(
        launcher, this::containerDirectory, layer, cgroup, id, List.of(arguments));
  }

  Path containerDirectory(String id) {
    try {
      Path path = directory.resolve("containers").resolve(id);
      return Files.createDirectories(
          path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  RunningProcess launch(ContainerSpec spec) throws Exception {
    LaunchRequest request = spec.request();
    return launcher.launch(compile(request), request, files(request));
  }

  void setMode(Path path, int mode) throws IOException {
    try (Directory holder = Directory.open(Path.of("/"), Resolution.IN_ROOT);
        var entry = holder.entry(path.toString())) {
      entry.mode(mode);
    }
  }

  LaunchFiles files(LaunchRequest request) throws SyscallException {
    Path own = containerDirectory(request.id());
    try (Directory holder = Directory.open(own, Resolution.BENEATH);
        var entry = holder.entry("log")) {
      Fd log = entry.openAppend(0600);
      logs.add(log);
      return LaunchFiles.container(log, own);
    }
  }

  private final List<Fd> logs = new ArrayList<>();
  private final List<Path> pods = new ArrayList<>();

  static LaunchPlan compile(LaunchRequest request) throws LaunchRejection {
    return LaunchCompiler.compile(request);
  }

  /** A pod's namespaces, pinned in a directory of their own. */
  PodNamespaces pod(Set<String> kinds) throws Exception {
    serial++;
    LaunchRequest request = container().pod("p" + serial, kinds);
    Path own = containerDirectory("p" + serial);
    PodNamespaces pod = launcher.namespaces(compile(request), request, own);
    pods.add(own);
    return pod;
  }

  String log(String id) throws IOException {
    return Files.readString(directory.resolve("containers").resolve(id).resolve("log"));
  }

  /** The text of the log without time stamps and tags. */
  String output(String id) throws IOException {
    StringBuilder text = new StringBuilder();
    for (String line : log(id).split("\n", -1)) {
      if (!line.isEmpty()) {
        text.append(line.split(" ", 4)[3]).append('\n');
      }
    }
    return text.toString();
  }

  static ExitStatus exit(RunningProcess process) throws Exception {
    return process.exit().get(20, TimeUnit.SECONDS);
  }

  /** Launches, waits for the end and returns it. */
  ExitStatus run(ContainerSpec spec) throws Exception {
    try (RunningProcess process = launch(spec)) {
      return exit(process);
    }
  }

  /** Cgroups of containers. */
  List<String> leftCgroups() throws IOException {
    try (Directory holder =
        Directory.open(hierarchy.mountPoint().resolve(cgroups), Resolution.BENEATH)) {
      return holder.list(1000).stream()
          .filter(name -> name.kind().filter(k -> k.name().equals("DIRECTORY")).isPresent())
          .map(name -> name.name())
          .filter(name -> !Set.of("monitors", "helpers").contains(name))
          .toList();
    }
  }

  /** Monitors end a moment after they have told their engine. */
  void awaitNoMonitors() throws Exception {
    int serve = servePid();
    Path children = Path.of("/proc/" + serve + "/task/" + serve + "/children");
    for (int i = 0; i < 200 && !Files.readString(children).isBlank(); i++) {
      Thread.sleep(10);
    }
    if (!Files.readString(children).isBlank()) {
      throw new AssertionError("monitors are left: " + Files.readString(children));
    }
  }

  int servePid() throws IOException {
    return Integer.parseInt(
        new String(
                Files.readAllBytes(config.runDirectory().resolve("serve.pid")),
                StandardCharsets.US_ASCII)
            .trim());
  }

  /** As after a crash of the daemon: nobody tells warden anything. */
  void restart() throws Exception {
    launcher.close();
    launcher = Launcher.open(config);
  }

  void forgetLogs() {
    logs.forEach(Fd::close);
    logs.clear();
  }

  @Override
  public void close() throws IOException {
    forgetLogs();
    for (Path pod : pods) {
      PodNamespaces.find(pod).release();
    }
    try (Pidfd serve = Pidfd.open(servePid())) {
      launcher.quitWarden();
      if (!serve.awaitExit(SOON)) {
        throw new IOException("serve did not end");
      }
    }
    launcher.close();
    dev.stockade.launcher.linux.Cgroup.destroy(hierarchy, cgroups, SOON);
  }
}
