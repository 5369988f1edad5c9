package dev.stockade.launcher.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.stockade.launcher.linux.AttachedProgram;
import dev.stockade.launcher.linux.Cgroup;
import dev.stockade.launcher.linux.DeviceProgram;
import dev.stockade.launcher.linux.DeviceRule;
import dev.stockade.launcher.plan.Constraint;
import dev.stockade.launcher.plan.Receipt;
import dev.stockade.launcher.spec.OciDeviceRule;
import dev.stockade.launcher.spec.OciResources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What is wrong with a container's cgroup before its process runs: the start fails and names it,
 * because the receipt is read from the kernel and not from what was written.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class CgroupFaultKernelTest {
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final OciResources NOTHING = resources(List.of(), Map.of());
  private static final OciResources NULL_DEVICE =
      resources(
          List.of(
              new OciDeviceRule(false, "a", null, null, "rwm"),
              new OciDeviceRule(true, "c", null, null, "m"),
              new OciDeviceRule(true, "c", 1L, 3L, "rw")),
          Map.of());
  private static final DeviceRule EVERYTHING =
      new DeviceRule(true, Optional.empty(), Optional.empty(), Optional.empty(), true, true, true);

  private Bench bench;
  private String parent;

  @BeforeAll
  void open(@TempDir Path temporary) throws Exception {
    bench = Bench.open(temporary);
    parent = "/" + bench.cgroups + "/frozen";
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

  private static OciResources resources(List<OciDeviceRule> devices, Map<String, String> limits) {
    return new OciResources(devices, null, null, null, List.of(), limits);
  }

  /** What is done to the cgroup of a container after it was made and before its process runs. */
  private interface Meddling {
    void with(Cgroup cgroup) throws IOException;
  }

  /** The process is born frozen, so that there is time. */
  private LaunchFailure failure(OciResources resources, Meddling meddling) throws Exception {
    try (Cgroup frozen = bench.hierarchy.create(parent, Set.of())) {
      frozen.freeze(true);
      ContainerSpec spec = bench.containerIn(parent, "sleep", "60");
      spec.resources = resources;
      CompletableFuture<Optional<LaunchFailure>> launch =
          CompletableFuture.supplyAsync(
              () ->
                  Optional.ofNullable(
                      catchThrowableOfType(LaunchFailure.class, () -> bench.launch(spec))));
      awaitProcess(spec.cgroup(), launch);
      if (!launch.isDone()) {
        try (Cgroup cgroup = bench.hierarchy.open(spec.cgroup())) {
          meddling.with(cgroup);
        }
      }
      frozen.freeze(false);
      return outcome(launch).orElseThrow(() -> new AssertionError("it was started"));
    } finally {
      Cgroup.destroy(bench.hierarchy, parent, SOON);
    }
  }

  private void awaitProcess(String cgroup, CompletableFuture<?> launch) throws Exception {
    long end = System.nanoTime() + SOON.toNanos();
    while (!launch.isDone() && !hasProcess(cgroup)) {
      assertThat(System.nanoTime()).isLessThan(end);
      Thread.sleep(1);
    }
  }

  private boolean hasProcess(String cgroup) throws IOException {
    if (Files.notExists(Path.of(bench.hierarchy.mountPoint() + cgroup))) {
      return false;
    }
    try (Cgroup held = bench.hierarchy.open(cgroup)) {
      return !held.processes().isEmpty();
    }
  }

  private static Optional<LaunchFailure> outcome(CompletableFuture<Optional<LaunchFailure>> launch)
      throws Exception {
    try {
      return launch.get(60, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new AssertionError(e.getCause());
    }
  }

  private static Receipt.Row requireNamed(LaunchFailure failure, Constraint constraint) {
    assertThat(failure.kind()).as(failure.toString()).isEqualTo(LaunchFailure.Cause.MISMATCH);
    assertThat(failure.mismatches())
        .extracting(Receipt.Row::constraint)
        .containsExactly(constraint);
    assertThat(failure).hasMessageContaining(constraint.label());
    return failure.mismatches().get(0);
  }

  private void requireController(String file) {
    String controller = file.substring(0, file.indexOf('.'));
    Assumptions.assumeTrue(
        bench.hierarchy.controllers().contains(controller),
        "needs the cgroup2 controller " + controller + ", which this node does not have");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          hugetlb.2MB.max | 4194304      | 8388608
          memory.max      | 67108864     | max
          memory.high     | 67108864     | max
          memory.swap.max | 0            | 4096
          cpu.max         | 50000 100000 | 50000 10000
          cpu.weight      | 10           | 10000
          cpuset.cpus     | 0            | 0-1
          pids.max        | 10           | 11
          """)
  void aLimitThatIsAnotherIsFoundOut(String file, String asked, String other) throws Exception {
    requireController(file);
    LaunchFailure failure =
        failure(resources(List.of(), Map.of(file, asked)), cgroup -> cgroup.write(file, other));
    Receipt.Row row = requireNamed(failure, Constraint.CGROUP_LIMIT);
    assertThat(List.of(row.subject(), row.asked(), row.kernel()))
        .isEqualTo(List.of(file, asked, other));
  }

  /**
   * The kernel takes a cpuset that its parent does not have, and lets the process run elsewhere.
   */
  @Test
  void aCpusetThatIsNotInEffectIsFoundOut() throws Exception {
    requireController("cpuset.cpus");
    OciResources first = resources(List.of(), Map.of("cpuset.cpus", "0"));
    LaunchFailure failure =
        failure(
            first,
            cgroup -> {
              try (Cgroup above = bench.hierarchy.open(parent)) {
                above.write("cpuset.cpus", "1");
              }
            });
    Receipt.Row row = requireNamed(failure, Constraint.CGROUP_LIMIT);
    assertThat(row.kernel()).isEqualTo("0, in effect 1");
  }

  private static void attach(Cgroup cgroup) throws IOException {
    try (DeviceProgram program = DeviceProgram.load(List.of(EVERYTHING))) {
      program.attach(cgroup.fd(), cgroup.path());
    }
  }

  private static void detachAll(Cgroup cgroup) throws IOException {
    for (int id : cgroup.devicePrograms()) {
      AttachedProgram.detach(cgroup, id);
    }
    assertThat(cgroup.devicePrograms()).isEmpty();
  }

  @Test
  void anExtraDeviceProgramIsFoundOut() throws Exception {
    requireNamed(failure(NULL_DEVICE, CgroupFaultKernelTest::attach), Constraint.CGROUP_DEVICES);
  }

  @Test
  void aDeviceProgramThatIsGoneIsFoundOut() throws Exception {
    LaunchFailure failure = failure(NULL_DEVICE, CgroupFaultKernelTest::detachAll);
    Receipt.Row row = requireNamed(failure, Constraint.CGROUP_DEVICES);
    assertThat(row.kernel()).isEqualTo("programs []");
  }

  /** There is one, as there should be, but it allows everything. */
  @Test
  void aDeviceProgramInThePlaceOfAnotherIsFoundOut() throws Exception {
    LaunchFailure failure =
        failure(
            NULL_DEVICE,
            cgroup -> {
              detachAll(cgroup);
              attach(cgroup);
            });
    Receipt.Row row = requireNamed(failure, Constraint.CGROUP_DEVICES);
    assertThat(row.kernel()).matches("programs \\[\\d+]");
  }

  @Test
  void whoIsKilledBeforeItsExecIsReportedAsThat() throws Exception {
    LaunchFailure failure = failure(NOTHING, Cgroup::kill);
    assertThat(failure.kind()).as(failure.toString()).isEqualTo(LaunchFailure.Cause.DIED);
    assertThat(failure).hasMessageContaining("signal 9");
  }
}
