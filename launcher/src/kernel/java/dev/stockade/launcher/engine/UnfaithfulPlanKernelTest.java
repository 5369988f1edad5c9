package dev.stockade.launcher.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.tuple;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.Mounts;
import dev.stockade.launcher.linux.Resolution;
import dev.stockade.launcher.plan.Constraint;
import dev.stockade.launcher.plan.LaunchRequest;
import dev.stockade.launcher.plan.Receipt;
import dev.stockade.launcher.spec.OciRlimit;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * The receipt finds out what is left out on this side of warden: the plan is that of another
 * request than the one it is verified by.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class UnfaithfulPlanKernelTest {
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

  /** The rows that stop a launch of what is asked with a plan of what is not. */
  private List<Receipt.Row> mismatches(ContainerSpec asked, ContainerSpec planned)
      throws Exception {
    LaunchRequest request = asked.request();
    LaunchFailure failure =
        catchThrowableOfType(
            LaunchFailure.class,
            () ->
                bench.launcher.launch(
                    Bench.compile(planned.request()), request, bench.files(request)));
    assertThat(failure).isNotNull();
    assertThat(bench.leftCgroups()).isEmpty();
    bench.awaitNoMonitors();
    return failure.mismatches();
  }

  private ContainerSpec sleeper() {
    return bench.container("/bin/sleep", "60");
  }

  @Test
  void aSubmountThatCanBeWrittenIsNotReadOnly() throws Exception {
    Path source = Files.createDirectories(bench.directory.resolve("volume"));
    try (Directory directory = Directory.open(source, Resolution.BENEATH)) {
      directory.makeDirectories("beneath", 0755);
      try (Fd beneath = directory.openPath("beneath");
          Fd mount = Mounts.fileSystem("tmpfs", List.of(), 0)) {
        Mounts.attach(mount, beneath, "a mount beneath the volume");
      }
      try {
        assertThat(bench.run(writer(source)).code()).isEqualTo(1);
        ContainerSpec asked = sleeper().bind("/ro", source, "rbind", "rro");
        ContainerSpec planned = sleeper().bind("/ro", source, "rbind", "ro");
        assertThat(mismatches(asked, planned))
            .extracting(Receipt.Row::constraint, Receipt.Row::kernel)
            .containsExactly(tuple(Constraint.MOUNTS_TREE, "none"));
      } finally {
        Mounts.detach(directory, "beneath");
      }
    }
  }

  @Test
  void aMountThatNobodyAskedForIsFound() throws Exception {
    Path source = Files.createDirectories(bench.directory.resolve("more"));
    for (ContainerSpec planned :
        List.of(
            sleeper().mount("/work", "tmpfs"),
            sleeper().bind("/work", source, "rbind"),
            sleeper().bind("/dev/shm/more", source, "rbind", "ro"))) {
      assertThat(mismatches(sleeper(), planned))
          .extracting(Receipt.Row::constraint)
          .containsExactly(Constraint.MOUNTS_OTHERS);
    }
  }

  @Test
  void aLimitThatNobodyAskedForIsFound() throws Exception {
    ContainerSpec planned = sleeper();
    planned.rlimits =
        List.of(new OciRlimit("RLIMIT_NOFILE", 200, 100), new OciRlimit("RLIMIT_NICE", 0, 0));
    assertThat(mismatches(sleeper(), planned))
        .extracting(Receipt.Row::constraint, Receipt.Row::subject, Receipt.Row::kernel)
        .containsExactly(tuple(Constraint.PROCESS_RLIMIT, "nofile", "100 200"));
  }

  private ContainerSpec writer(Path source) {
    return bench.container("touch", "/ro/beneath/x").bind("/ro", source, "rbind", "rro");
  }
}
