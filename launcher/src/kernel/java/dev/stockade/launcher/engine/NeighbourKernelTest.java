package dev.stockade.launcher.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.launcher.plan.LaunchRequest;
import dev.stockade.launcher.plan.NamespaceKind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A container with CAP_SYS_PTRACE looks at what is born into its PID namespace, as quickly as it
 * can, for anything of the host: by an exec into it, and by launches that join its PID namespace or
 * share one with it.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class NeighbourKernelTest {
  private static final int LAUNCHES = 30;
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final String SECRET = "only-the-host-may-read-this";
  private static final Pattern SEEN = Pattern.compile("saw (\\d+) before exec");

  private Bench bench;
  private Path marker;

  @BeforeAll
  void open(@TempDir Path temporary) throws Exception {
    bench = Bench.open(temporary);
    Files.copy(Bench.warden("spy"), bench.layer.resolve("bin/spy"));
    marker = temporary.resolve("marker");
    Files.writeString(marker, SECRET);
    Files.setPosixFilePermissions(marker, PosixFilePermissions.fromString("rw-------"));
  }

  @AfterAll
  void close() throws Exception {
    if (bench != null) {
      bench.close();
    }
  }

  private ContainerSpec spy(boolean confined) {
    ContainerSpec spec = bench.container("spy", marker.toString().substring(1), SECRET);
    spec.capabilities = List.of("CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE");
    spec.noNewPrivileges = confined;
    return spec;
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anExecShowsNothingOfTheHost(boolean confined) throws Exception {
    ContainerSpec spec = spy(confined);
    try (RunningProcess spy = bench.launch(spec)) {
      for (int i = 0; i < LAUNCHES; i++) {
        LaunchRequest exec = spec.exec(spy, "e" + i, "true");
        Output output =
            bench.launcher.run(Bench.compile(exec), exec, LaunchFiles.exec(spy), LIMIT, 1000);
        assertThat(output.status().code()).isZero();
      }
      report(spy);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aLaunchIntoAContainersPidNamespaceShowsNothingOfTheHost(boolean confined) throws Exception {
    try (RunningProcess spy = bench.launch(spy(confined))) {
      String path = "/proc/" + spy.pid() + "/ns/pid";
      for (int i = 0; i < LAUNCHES; i++) {
        neighbour(path, confined);
      }
      report(spy);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aLaunchIntoAPodsPidNamespaceShowsNothingOfTheHost(boolean confined) throws Exception {
    PodNamespaces pod = bench.pod(Set.of("network", "ipc", "uts"));
    LaunchRequest request = bench.container().podInit();
    LaunchFiles files = LaunchFiles.unlogged(bench.containerDirectory(request.id()));
    try (RunningProcess init = bench.launcher.launch(Bench.compile(request), request, files)) {
      PodNamespaces shared = pod.with(NamespaceKind.PID, init);
      String path = shared.path(NamespaceKind.PID).orElseThrow().toString();
      try (RunningProcess spy = bench.launch(spy(confined).namespace("pid", path))) {
        for (int i = 0; i < LAUNCHES; i++) {
          neighbour(path, confined);
        }
        report(spy);
      }
      init.kill();
      Bench.exit(init);
      shared.release();
    }
  }

  /** A container that sees no process but those of the PID namespace it shares. */
  private void neighbour(String pidNamespace, boolean confined) throws Exception {
    ContainerSpec spec = bench.container("ls", "-1", "/proc");
    spec.noNewPrivileges = confined;
    assertThat(bench.run(spec.namespace("pid", pidNamespace)).code()).isZero();
    assertThat(bench.output(spec.id).lines())
        .contains("1", "self")
        .filteredOn(name -> name.matches("[0-9]+"))
        .hasSizeBetween(2, 6);
  }

  private void report(RunningProcess spy) throws Exception {
    stop(spy);
    String output = bench.output(spy.id());
    System.out.println(output.strip().replace('\n', ';'));
    assertThat(output).startsWith("watching").doesNotContain("FOUND");
    Matcher seen = SEEN.matcher(output);
    assertThat(seen.find()).as(output).isTrue();
    assertThat(Integer.parseInt(seen.group(1)))
        .as("births that were seen")
        .isGreaterThan(LAUNCHES / 4);
  }

  private static void stop(RunningProcess spy) throws Exception {
    spy.signal(15);
    assertThat(Bench.exit(spy).code()).isZero();
  }
}
