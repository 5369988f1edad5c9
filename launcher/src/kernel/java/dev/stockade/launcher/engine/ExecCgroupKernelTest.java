package dev.stockade.launcher.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.plan.LaunchRequest;
import dev.stockade.launcher.spec.OciResources;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** A container that divides its own cgroup, as an init system in it does. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ExecCgroupKernelTest {
  private static final Duration SOON = Duration.ofSeconds(10);
  private static final String DIVIDE =
      "cd /sys/fs/cgroup; mkdir -p system/init; echo $$ > system/init/cgroup.procs;"
          + " echo +hugetlb > cgroup.subtree_control; echo done > /volume/divided; sleep 60";

  private Bench bench;
  private Path volume;

  @BeforeAll
  void open(@TempDir Path temporary) throws Exception {
    bench = Bench.open(temporary);
    volume = Files.createDirectories(temporary.resolve("volume"));
  }

  @AfterAll
  void close() throws Exception {
    if (bench != null) {
      bench.close();
    }
  }

  private ContainerSpec divided() {
    Assumptions.assumeTrue(
        bench.hierarchy.controllers().contains("hugetlb"),
        "the cgroup2 hierarchy has no hugetlb controller, the only one a container hands down here");
    ContainerSpec spec = bench.container("sh", "-c", DIVIDE).bind("/volume", volume, "rbind");
    spec.mounts.removeIf(mount -> mount.destination().equals("/sys/fs/cgroup"));
    spec.mount("/sys/fs/cgroup", "cgroup", "nosuid", "noexec", "nodev", "rw");
    spec.resources =
        new OciResources(
            List.of(), null, null, null, List.of(), Map.of("hugetlb.2MB.max", "4194304"));
    return spec;
  }

  private void awaitDivided() throws Exception {
    for (int i = 0; i < 500 && Files.notExists(volume.resolve("divided")); i++) {
      Thread.sleep(10);
    }
    assertThat(volume.resolve("divided")).exists();
    Files.delete(volume.resolve("divided"));
  }

  private Output exec(ContainerSpec spec, RunningProcess in, LaunchFiles files) throws Exception {
    LaunchRequest exec = spec.exec(in, spec.id + "-exec", "cat", "/proc/self/cgroup");
    return bench.launcher.run(Bench.compile(exec), exec, files, SOON, 10_000);
  }

  @Test
  void anExecIsBornWhereTheFirstProcessIs() throws Exception {
    ContainerSpec spec = divided();
    try (RunningProcess process = bench.launch(spec)) {
      awaitDivided();
      Output output = exec(spec, process, LaunchFiles.exec(process));
      assertThat(output.status().code()).isZero();
      assertThat(output.standard()).asString(StandardCharsets.UTF_8).contains("0::/system/init\n");
      process.kill();
      Bench.exit(process);
    }
    assertThat(bench.leftCgroups()).isEmpty();
  }

  @Test
  void whereNobodyIsNamedTheRefusalStands() throws Exception {
    ContainerSpec spec = divided();
    try (RunningProcess process = bench.launch(spec)) {
      awaitDivided();
      LaunchFailure failure =
          catchThrowableOfType(LaunchFailure.class, () -> exec(spec, process, LaunchFiles.NONE));
      assertThat(failure.errno()).isEqualTo(Errno.EBUSY);
      assertThat(failure.getSuppressed()).isEmpty();
      process.kill();
      Bench.exit(process);
    }
    assertThat(bench.leftCgroups()).isEmpty();
  }
}
