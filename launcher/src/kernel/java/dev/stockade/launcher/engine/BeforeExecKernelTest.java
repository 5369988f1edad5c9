package dev.stockade.launcher.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.stockade.launcher.plan.LaunchRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where verification before the first instruction is demanded, nothing runs without it. */
final class BeforeExecKernelTest {
  private static final Duration SOON = Duration.ofSeconds(10);

  @TempDir private Path directory;
  private Bench bench;

  @BeforeEach
  void open() throws Exception {
    bench = Bench.open(directory);
  }

  @AfterEach
  void nothingStays() throws Exception {
    if (bench != null) {
      assertThat(bench.leftCgroups()).isEmpty();
      bench.awaitNoMonitors();
      bench.close();
    }
  }

  private ContainerSpec witness(Path volume) {
    return bench
        .container("sh", "-c", "touch /volume/ran; sleep 60")
        .bind("/volume", volume, "rbind");
  }

  private static LaunchFailure refused(LaunchFailure failure) {
    assertThat(failure).isNotNull();
    assertThat(failure.kind()).as(failure.getMessage()).isEqualTo(LaunchFailure.Cause.HOST);
    assertThat(failure)
        .hasMessageContaining("kernel.yama.ptrace_scope is 3")
        .hasMessageContaining("verify.require = \"before-exec\"");
    return failure;
  }

  @Test
  void anUntracedContainerIsRefusedBeforeItRuns() throws Exception {
    bench.demandBeforeExec();
    Path volume = Files.createDirectories(directory.resolve("volume"));
    ContainerSpec spec = witness(volume).untraced();
    refused(catchThrowableOfType(LaunchFailure.class, () -> bench.launch(spec)));
    Thread.sleep(200);
    assertThat(volume.resolve("ran")).doesNotExist();
  }

  @Test
  void anUntracedExecAndAnUntracedPodInitAreRefused() throws Exception {
    bench.demandBeforeExec();
    ContainerSpec spec = bench.container("sleep", "60");
    try (RunningProcess process = bench.launch(spec)) {
      LaunchRequest exec = spec.untraced().exec(process, "e1", "touch", "/tmp/ran");
      refused(
          catchThrowableOfType(
              LaunchFailure.class,
              () ->
                  bench.launcher.run(
                      Bench.compile(exec), exec, LaunchFiles.exec(process), SOON, 1000)));
      assertThat(bench.containerDirectory(spec.id).resolve("upper/tmp/ran")).doesNotExist();
      process.kill();
      Bench.exit(process);
    }
    LaunchRequest init = bench.container().untraced().podInit();
    LaunchFiles files = LaunchFiles.unlogged(bench.containerDirectory(init.id()));
    refused(
        catchThrowableOfType(
            LaunchFailure.class, () -> bench.launcher.launch(Bench.compile(init), init, files)));
  }

  @Test
  void aMonitorThatDoesNotTraceIsFoundOut() throws Exception {
    Path layer = bench.layer;
    bench.close();
    bench = Bench.faulty(directory.resolve("faulty"), layer, "skip:TRACE");
    Path volume = Files.createDirectories(directory.resolve("volume"));
    LaunchFailure failure =
        catchThrowableOfType(LaunchFailure.class, () -> bench.launch(witness(volume)));
    assertThat(failure).isNotNull();
    assertThat(failure).hasMessageContaining("did not stop").hasMessageContaining("exec");
  }
}
