package dev.stockade.launcher.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.ProcDirectory;
import dev.stockade.launcher.plan.Constraint;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;

/** Launches by a warden with a fault, each in a directory of its own, beside one that has none. */
final class FaultTrial {
  private final Path directory;
  private final Bench healthy;
  private int serial;

  private FaultTrial(Path directory, Bench healthy) {
    this.directory = directory;
    this.healthy = healthy;
  }

  static FaultTrial open(Path directory) throws Exception {
    return new FaultTrial(directory, Bench.open(directory.resolve("healthy")));
  }

  /** That of the warden without a fault. */
  Launcher launcher() {
    return healthy.launcher;
  }

  Bench faulty(String wrong) throws Exception {
    return Bench.faulty(directory.resolve("f" + serial++), healthy.layer, wrong);
  }

  /** No launch succeeds, the failure names the constraint, and nothing is left. */
  void requireFoundOut(Fault fault) throws Exception {
    ContainerSpec model = healthy.container("/bin/sleep", "60");
    fault.spec().accept(model);
    String wrong = fault.wrong().apply(Bench.compile(model.request()));
    int before = Fd.openCount();
    try (Bench bench = faulty(wrong)) {
      ContainerSpec spec = bench.container("/bin/sleep", "60");
      fault.spec().accept(spec);
      Set<String> mounts = serveMounts(bench);
      LaunchFailure failure = catchThrowableOfType(LaunchFailure.class, () -> bench.launch(spec));
      fault.requireFoundOut(failure, wrong);
      assertThat(bench.leftCgroups()).isEmpty();
      bench.awaitNoMonitors();
      if (fault.constraint() != Constraint.NAMESPACES_MOUNT) {
        assertThat(mounts).containsAll(serveMounts(bench));
      }
    }
    assertThat(Fd.openCount()).isEqualTo(before);
  }

  /** Mounts of others, which serve's namespace was copied with, may go meanwhile. */
  private static Set<String> serveMounts(Bench bench) throws Exception {
    try (ProcDirectory serve = ProcDirectory.open(bench.servePid())) {
      return serve.read("mountinfo", 1 << 20).lines().collect(Collectors.toSet());
    }
  }

  void close() throws Exception {
    healthy.close();
  }
}
