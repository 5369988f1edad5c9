package dev.stockade.launcher.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.Pidfd;
import dev.stockade.launcher.linux.Resolution;
import dev.stockade.launcher.linux.SeqpacketSocket;
import dev.stockade.launcher.linux.SyscallException;
import dev.stockade.launcher.plan.BuildId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Engines, serve and monitors come and go; containers do not notice, and every end is known. */
final class RecoveryKernelTest {
  private static final Duration SOON = Duration.ofSeconds(10);

  private Bench bench;

  @BeforeEach
  void open(@TempDir Path temporary) throws Exception {
    bench = Bench.open(temporary);
  }

  @AfterEach
  void close() throws Exception {
    if (bench != null) {
      assertThat(bench.leftCgroups()).isEmpty();
      bench.close();
    }
  }

  private RecoveredProcess recover(ContainerSpec spec) throws IOException {
    return bench.launcher.recover(
        spec.id, bench.containerDirectory(spec.id), Optional.of(spec.cgroup()));
  }

  @Test
  void aRunningContainerIsFoundAgain() throws Exception {
    ContainerSpec spec = bench.container("sh", "-c", "echo before; sleep 60");
    int pid;
    try (RunningProcess process = bench.launch(spec)) {
      pid = process.pid();
    }
    // What it writes after the log is reopened would be in the other file.
    for (int i = 0; i < 500 && bench.output(spec.id).isEmpty(); i++) {
      Thread.sleep(10);
    }
    bench.restart();
    try (RunningProcess process = recover(spec).running().orElseThrow()) {
      assertThat(process.pid()).isEqualTo(pid);
      assertThat(process.pidfd().alive()).isTrue();
      try (Directory own = Directory.open(bench.containerDirectory(spec.id), Resolution.BENEATH);
          Fd fresh = own.createFile("log.1", 0600)) {
        process.reopenLog(fresh);
      }
      assertThatThrownBy(() -> process.resize(10, 20)).hasMessageContaining("ENOTTY");
      process.kill();
      assertThat(Bench.exit(process).code()).isEqualTo(137);
    }
    assertThat(bench.output(spec.id)).isEqualTo("before\n");
  }

  @Test
  void anEndThatNobodyHeardIsOnRecord() throws Exception {
    ContainerSpec spec = bench.container("sh", "-c", "sleep 0.3; exit 9");
    Instant start = Instant.now();
    try (RunningProcess process = bench.launch(spec)) {
      bench.launcher.close();
      assertThat(process.pidfd().awaitExit(SOON)).isTrue();
    }
    Path record = bench.containerDirectory(spec.id).resolve(spec.id);
    for (int i = 0; i < 500 && Files.notExists(record); i++) {
      Thread.sleep(10);
    }
    bench.launcher = Launcher.open(bench.config);
    ExitStatus status = recover(spec).ended().orElseThrow();
    assertThat(status.code()).isEqualTo(9);
    assertThat(status.reason()).isEqualTo(ExitStatus.Reason.EXITED);
    assertThat(status.time()).isBetween(start, Instant.now());
  }

  @Test
  void aLostMonitorEndsItsContainer() throws Exception {
    ContainerSpec spec = bench.container("sh", "-c", "sleep 60 & sleep 60");
    try (RunningProcess process = bench.launch(spec)) {
      try (Pidfd monitor = Pidfd.open(parent(process.pid()))) {
        monitor.signal(9);
      }
      ExitStatus status = Bench.exit(process);
      assertThat(status.reason()).isEqualTo(ExitStatus.Reason.MONITOR_LOST);
      assertThat(status.code()).isEqualTo(255);
      assertThat(process.pidfd().awaitExit(SOON)).isTrue();
    }
    assertThat(recover(spec).ended().orElseThrow().reason())
        .isEqualTo(ExitStatus.Reason.MONITOR_LOST);
  }

  private static int parent(int pid) throws IOException {
    String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
    return Integer.parseInt(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[1]);
  }

  @Test
  void aDeadServeIsReplacedAndItsContainersRunOn() throws Exception {
    ContainerSpec first = bench.container("sleep", "60");
    try (RunningProcess process = bench.launch(first)) {
      try (Pidfd serve = Pidfd.open(bench.servePid())) {
        serve.signal(9);
        assertThat(serve.awaitExit(SOON)).isTrue();
      }
      ContainerSpec second = bench.container("sh", "-c", "exit 4");
      assertThat(bench.run(second).code()).isEqualTo(4);
      assertThat(process.pidfd().alive()).isTrue();
      process.kill();
      assertThat(Bench.exit(process).code()).isEqualTo(137);
    }
  }

  /** A launch works, or its failure says that warden is gone. */
  @Test
  void serveMayDieAtAnyMomentOfALaunch() throws Exception {
    for (int i = 0; i < 50; i++) {
      long moment = i * 200_000L;
      try (Pidfd serve = Pidfd.open(bench.servePid())) {
        Thread killer =
            new Thread(
                () -> {
                  LockSupport.parkNanos(moment);
                  try {
                    serve.signal(9);
                  } catch (SyscallException e) {
                    throw new UncheckedIOException(e);
                  }
                });
        killer.start();
        try {
          assertThat(bench.run(bench.container("sh", "-c", "exit 4")).code()).isEqualTo(4);
        } catch (LaunchFailure e) {
          assertThat(e).hasNoCause();
        }
        killer.join();
        assertThat(serve.awaitExit(SOON)).isTrue();
      }
      assertThat(bench.run(bench.container("sh", "-c", "exit 5")).code()).isEqualTo(5);
    }
  }

  @Test
  void aServeOfAnotherBuildIsReplacedAndContainersRunOn() throws Exception {
    ContainerSpec spec = bench.container("sleep", "60");
    try (RunningProcess process = bench.launch(spec)) {
      bench.launcher.close();
      try (Pidfd serve = Pidfd.open(bench.servePid())) {
        serve.signal(9);
        assertThat(serve.awaitExit(SOON)).isTrue();
      }
      startServe(bench.otherBuild());
      int other = bench.servePid();
      try (Pidfd replaced = Pidfd.open(other)) {
        bench.launcher = Launcher.open(bench.config);
        assertThat(replaced.awaitExit(SOON)).isTrue();
      }
      assertThat(bench.servePid()).isNotEqualTo(other);
      assertThat(process.pidfd().alive()).isTrue();
    }
    assertThat(bench.run(bench.container("sh", "-c", "exit 5")).code()).isEqualTo(5);
    try (RunningProcess process = recover(spec).running().orElseThrow()) {
      process.kill();
      assertThat(Bench.exit(process).code()).isEqualTo(137);
    }
  }

  @Test
  void aWardenOfAnotherBuildIsNotUsed() throws Exception {
    Path run = bench.directory.resolve("other-run");
    LauncherConfig config = new LauncherConfig(run, bench.otherBuild(), Optional.empty());
    assertThatThrownBy(() -> Launcher.open(config))
        .isInstanceOf(LaunchFailure.class)
        .hasMessageContaining("another build")
        .hasMessageContaining(BuildId.hex());
  }

  /** Returns when it listens. */
  private void startServe(Path warden) throws Exception {
    String run = bench.config.runDirectory().toString();
    Process start =
        new ProcessBuilder(warden.toString(), "serve", "--run-dir", run).inheritIO().start();
    assertThat(start.waitFor(10, TimeUnit.SECONDS)).isTrue();
    assertThat(start.exitValue()).isZero();
  }

  @Test
  void oneEngineAtATimeHasARunDirectory() {
    assertThatThrownBy(() -> Launcher.open(bench.config))
        .isInstanceOf(LaunchFailure.class)
        .hasMessageContaining("another engine");
  }

  @Test
  void oneThatIsTooSlowToAnswerIsNotTakenForLost() throws Exception {
    Path place = Files.createDirectory(bench.directory.resolve("slow"));
    try (Directory holder = Directory.open(place, Resolution.BENEATH);
        SeqpacketSocket slow = SeqpacketSocket.listen(holder, Preparation.CONTROL_SOCKET, 8)) {
      assertThat(slow).isNotNull();
      assertThatThrownBy(() -> MonitorGreeting.of("it", place, Duration.ofSeconds(1)))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("the monitor of it is there and has not answered for 1 s");
    }
    assertThat(MonitorGreeting.of("it", place, Duration.ofSeconds(1))).isEmpty();
  }

  /** As root of a container would be that reached the socket. */
  @Test
  void whoIsInOtherNamespacesIsTurnedAwayAndNothingIsLost() throws Exception {
    ContainerSpec spec = bench.container("sleep", "60");
    bench.launch(spec).close();
    bench.launcher.close();
    assertThat(strangeEngine(spec)).contains("greeted: true");
    assertThat(strangeEngine(spec, "unshare", "--mount")).contains("turns this daemon away");
    assertThat(strangeEngine(spec, "unshare", "--user", "--map-root-user"))
        .contains("turns this daemon away");
    bench.launcher = Launcher.open(bench.config);
    try (RunningProcess process = recover(spec).running().orElseThrow()) {
      process.kill();
      assertThat(Bench.exit(process).code()).isEqualTo(137);
    }
  }

  private String strangeEngine(ContainerSpec spec, String... wrapper) throws Exception {
    List<String> command = new ArrayList<>(List.of(wrapper));
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            StrangeEngine.class.getName(),
            bench.containerDirectory(spec.id).toString()));
    Process engine = new ProcessBuilder(command).redirectErrorStream(true).start();
    byte[] said = engine.getInputStream().readAllBytes();
    assertThat(engine.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return new String(said, java.nio.charset.StandardCharsets.UTF_8);
  }

  @Test
  void anEngineThatDiesBeforeItsVerdictStartsNothing() throws Exception {
    Path volume = Files.createDirectories(bench.directory.resolve("volume"));
    ContainerSpec spec =
        bench.container("sh", "-c", "touch /volume/ran").bind("/volume", volume, "rbind");
    bench.launcher.close();
    Process engine =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                DyingEngine.class.getName(),
                bench.config.runDirectory().toString(),
                bench.config.warden().toString(),
                bench.layer.toString(),
                volume.toString(),
                spec.cgroup())
            .redirectErrorStream(true)
            .start();
    String said =
        new String(engine.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    assertThat(engine.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(said).contains("stopped ");
    int pid = Integer.parseInt(said.replaceAll("(?s).*stopped (\\d+).*", "$1"));
    for (int i = 0; i < 500 && Files.exists(Path.of("/proc/" + pid)); i++) {
      Thread.sleep(10);
    }
    assertThat(Path.of("/proc/" + pid)).doesNotExist();
    assertThat(volume.resolve("ran")).doesNotExist();
    bench.launcher = Launcher.open(bench.config);
    bench.awaitNoMonitors();
    assertThat(recover(spec).ended()).isPresent();
  }
}
