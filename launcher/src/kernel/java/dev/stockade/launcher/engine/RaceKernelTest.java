package dev.stockade.launcher.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.stockade.launcher.linux.Cgroup;
import dev.stockade.launcher.linux.ProcDirectory;
import dev.stockade.launcher.plan.LaunchRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * What others do between two looks of the engine: nobody else's process is verified, entered or
 * reported.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class RaceKernelTest {
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final int KILL = 9;
  private static final int LONGEST_LAUNCH = 15_000_000;

  private Bench bench;

  @BeforeAll
  void open(@TempDir Path temporary) throws Exception {
    bench = Bench.open(temporary);
  }

  @AfterAll
  void close() throws Exception {
    if (bench != null) {
      bench.close();
    }
  }

  @AfterEach
  void nothingStays() throws Exception {
    assertThat(bench.leftCgroups()).isEmpty();
    bench.awaitNoMonitors();
  }

  private Launch prepare(ContainerSpec spec) throws Exception {
    LaunchRequest request = spec.request();
    return bench.launcher.prepare(Bench.compile(request), request, bench.files(request));
  }

  /** Kills the stopped child of a launch and waits until its pid is free. */
  private static boolean killed(Launch launch, ProcDirectory proc) throws IOException {
    assertThat(launch.pidfd().signal(KILL)).isTrue();
    assertThat(launch.pidfd().awaitExit(SOON)).isTrue();
    Path path = Path.of(proc.toString());
    await(() -> Files.notExists(path));
    return true;
  }

  private interface Condition {
    boolean holds() throws IOException;
  }

  private static void await(Condition condition) throws IOException {
    long end = System.nanoTime() + SOON.toNanos();
    while (!condition.holds()) {
      assertThat(System.nanoTime()).isLessThan(end);
      Thread.onSpinWait();
    }
  }

  /** Without a hostname everything is read beneath /proc, and nothing by the pidfd. */
  @Test
  void aNewOwnerOfThePidIsNeverVerified() throws Exception {
    ContainerSpec spec = bench.container("sleep", "60");
    spec.hostname = "";
    Launch launch = prepare(spec);
    Launch.Verified<Boolean> verified =
        launch.verified(
            proc -> {
              assertThat(killed(launch, proc)).isTrue();
              int pid = Integer.parseInt(proc.toString().replaceAll("[^0-9]", ""));
              try (PidOwner owner = PidOwner.take(pid);
                  ProcDirectory others = ProcDirectory.open(pid)) {
                assertThat(others.readLink("exe")).contains("sleep");
                assertThatThrownBy(() -> proc.read("status", 1 << 20))
                    .hasMessageContaining("ESRCH");
                assertDied(() -> new Verification(launch, launch.stopped(), others).receipt());
                assertThat(owner.isAlive()).isTrue();
              }
              return true;
            });
    assertDied(() -> launch.release(verified.receipt()));
  }

  private static void assertDied(ThrowingCallable launch) {
    LaunchFailure failure = catchThrowableOfType(LaunchFailure.class, launch);
    assertThat(failure).isNotNull();
    assertThat(failure.kind()).as(failure.toString()).isEqualTo(LaunchFailure.Cause.DIED);
  }

  @Test
  void whoIsKilledAtTheStopIsReportedAsThat() throws Exception {
    Launch launch = prepare(bench.container("sleep", "60"));
    Launch.Verified<Boolean> verified = launch.verified(proc -> killed(launch, proc));
    assertThatThrownBy(() -> launch.release(verified.receipt()))
        .isInstanceOf(LaunchFailure.class)
        .hasMessageContaining("died with signal 9 before its program could be verified");
  }

  /** The monitor may hear of the death before, after or instead of the verdict. */
  @Test
  void whoIsKilledWithTheVerdictOnItsWayIsNotReportedAsRunning() throws Exception {
    for (int i = 0; i < 10; i++) {
      Launch launch = prepare(bench.container("sleep", "60"));
      Launch.Verified<Boolean> verified = launch.verified(proc -> launch.pidfd().signal(KILL));
      assertDied(() -> launch.release(verified.receipt()));
    }
  }

  /** Who dies gives up files and memory before its end is told, and shows neither then. */
  @Test
  void whoIsKilledAtAnyMomentIsReportedAsThat() throws Exception {
    Random random = new Random(7);
    for (int i = 0; i < 40; i++) {
      ContainerSpec spec = bench.container("sleep", "60");
      CompletableFuture<RunningProcess> launch = inBackground(spec);
      await(() -> launch.isDone() || hasProcess(spec.cgroup()));
      LockSupport.parkNanos(random.nextInt(LONGEST_LAUNCH));
      try (Cgroup cgroup = bench.hierarchy.open(spec.cgroup())) {
        cgroup.kill();
      }
      try (RunningProcess process = launch.get(60, TimeUnit.SECONDS)) {
        assertThat(Bench.exit(process).code()).isEqualTo(137);
      } catch (ExecutionException e) {
        Throwable wrapper = Objects.requireNonNull(e.getCause());
        Throwable failure = Objects.requireNonNull(wrapper.getCause());
        assertDied(
            () -> {
              throw failure;
            });
      }
    }
  }

  private CompletableFuture<RunningProcess> inBackground(ContainerSpec spec) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return bench.launch(spec);
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        });
  }

  @Test
  void anExecIntoAPidWithANewOwnerIsRefused() throws Exception {
    ContainerSpec spec = bench.container("sleep", "60");
    Path mark = bench.directory.resolve("entered");
    try (RunningProcess process = bench.launch(spec)) {
      process.kill();
      Bench.exit(process);
      LaunchRequest exec = spec.exec(process, "e1", "touch", mark.toString());
      bench.hierarchy.create(spec.cgroup(), Set.of()).close();
      try (PidOwner owner = PidOwner.take(process.pid())) {
        assertThatThrownBy(
                () ->
                    bench.launcher.run(
                        Bench.compile(exec), exec, LaunchFiles.exec(process), SOON, 1000))
            .isInstanceOf(LaunchFailure.class)
            .hasMessageContaining(spec.id + " is not running any more");
        assertThat(owner.isAlive()).isTrue();
      } finally {
        Cgroup.destroy(bench.hierarchy, spec.cgroup(), SOON);
      }
    }
    assertThat(mark).doesNotExist();
  }

  private boolean hasProcess(String cgroup) throws IOException {
    if (Files.notExists(Path.of(bench.hierarchy.mountPoint() + cgroup))) {
      return false;
    }
    try (Cgroup held = bench.hierarchy.open(cgroup)) {
      return !held.processes().isEmpty();
    }
  }
}
