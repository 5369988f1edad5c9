package dev.stockade.launcher.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.Pidfd;
import dev.stockade.launcher.plan.LaunchRequest;
import dev.stockade.launcher.plan.Receipt;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class LaunchKernelTest {
  private static final Duration SOON = Duration.ofSeconds(20);

  /** Long enough to begin: {@code -Dstockade.patience} is how much slower the machine may be. */
  private static final Duration BRIEFLY =
      Duration.ofMillis(300).multipliedBy(Integer.getInteger("stockade.patience", 1));

  private static final int LIMIT = 1 << 20;

  private Bench bench;
  private int before;

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

  @BeforeEach
  void count() {
    before = Fd.openCount();
  }

  @AfterEach
  void nothingStays() throws Exception {
    assertThat(bench.leftCgroups()).isEmpty();
    bench.forgetLogs();
    assertThat(Fd.openCount()).isEqualTo(before);
  }

  @Test
  void exitCodesAndOutputArrive() throws Exception {
    ContainerSpec spec = bench.container("sh", "-c", "echo out; echo err >&2; exit 7");
    assertThat(bench.run(spec).code()).isEqualTo(7);
    assertThat(bench.log(spec.id)).contains(" stdout F out\n").contains(" stderr F err\n");
    ContainerSpec killed = bench.container("sh", "-c", "kill -9 $$");
    assertThat(bench.run(bench.container("/bin/true")).code()).isZero();
    assertThat(bench.run(killed).code()).isIn(137, 0);
  }

  @Test
  void aMissingProgramIsNamedAndNothingStays() {
    ContainerSpec spec = bench.container("no-such-program");
    assertThatThrownBy(() -> bench.launch(spec))
        .isInstanceOf(LaunchFailure.class)
        .hasMessageContaining("no-such-program")
        .hasMessageContaining("ENOENT");
  }

  @Test
  void aProcessThatNobodyCouldFollowDoesNotStay(@TempDir Path temporary) throws Exception {
    try (Bench ending = Bench.open(temporary)) {
      LaunchRequest request = ending.container("sleep", "60").request();
      Launch launch =
          ending.launcher.prepare(Bench.compile(request), request, ending.files(request));
      Receipt receipt = launch.verified(proc -> true).receipt();
      try (Pidfd process = Pidfd.open(launch.stopped().pid())) {
        launch.engine().poller().close();
        assertThatThrownBy(() -> launch.release(receipt)).isInstanceOf(LaunchFailure.class);
        assertThat(process.awaitExit(SOON)).isTrue();
      }
      assertThat(ending.leftCgroups()).isEmpty();
    }
  }

  @Test
  void signalsAndKillsEndIt() throws Exception {
    try (RunningProcess process = bench.launch(bench.container("sleep", "60"))) {
      assertThat(process.pidfd().alive()).isTrue();
      assertThat(process.signal(9)).isTrue();
      assertThat(Bench.exit(process).code()).isEqualTo(137);
      assertThat(process.signal(9)).isFalse();
    }
    try (RunningProcess process =
        bench.launch(bench.container("sh", "-c", "sleep 60 & sleep 60"))) {
      process.kill();
      assertThat(Bench.exit(process).signal()).isEqualTo(9);
    }
  }

  @Test
  void anExecSeesTheContainer() throws Exception {
    ContainerSpec spec = bench.container("sleep", "60");
    try (RunningProcess process = bench.launch(spec)) {
      LaunchRequest exec = spec.exec(process, "e1", "sh", "-c", "hostname; echo no >&2; exit 3");
      Output output =
          bench.launcher.run(Bench.compile(exec), exec, LaunchFiles.exec(process), SOON, LIMIT);
      assertThat(output.status().code()).isEqualTo(3);
      assertThat(output.standard()).asString(StandardCharsets.UTF_8).isEqualTo("pod-host\n");
      assertThat(output.error()).asString(StandardCharsets.UTF_8).isEqualTo("no\n");
      assertThat(output.timedOut()).isFalse();
      assertThat(output.receipt().orElseThrow().passed()).isTrue();
      process.kill();
      Bench.exit(process);
      assertThatThrownBy(
              () ->
                  bench.launcher.run(
                      Bench.compile(exec), exec, LaunchFiles.exec(process), SOON, LIMIT))
          .isInstanceOf(LaunchFailure.class);
    }
  }

  @Test
  void anExecThatTakesTooLongIsKilledAndItsOutputIsBounded() throws Exception {
    ContainerSpec spec = bench.container("sleep", "60");
    try (RunningProcess process = bench.launch(spec)) {
      LaunchRequest exec = spec.exec(process, "e2", "sh", "-c", "while :; do echo yyyyyyyy; done");
      Output output =
          bench.launcher.run(Bench.compile(exec), exec, LaunchFiles.exec(process), BRIEFLY, 1000);
      assertThat(output.timedOut()).isTrue();
      assertThat(output.truncated()).isTrue();
      assertThat(output.standard()).hasSize(1000);
      process.kill();
      Bench.exit(process);
    }
  }
}
